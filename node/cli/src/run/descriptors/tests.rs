use super::*;

#[test]
fn reads_what_the_kernel_prints() {
    let limits = "Limit  Soft Limit  Hard Limit  Units\n\
                  Max open files            1024                 524288               files\n";
    assert_eq!(limit_of(limits), Some(1_024));
    assert_eq!(limit_of("Max open files  unlimited unlimited files"), Some(u64::MAX));
    assert_eq!(limit_of("Max processes 1 1"), None);
}

#[test]
fn connections_leave_files_for_the_database() {
    assert_eq!(allowed(1_024, u64::MAX), 1_024);
    assert_eq!(allowed(1_024, 4_096), 1_024);
    assert_eq!(allowed(1_024, 1_024), 128, "what most shells give");
    assert_eq!(allowed(1_024, 256), 16);
    assert_eq!(allowed(8, 256), 8);
}
