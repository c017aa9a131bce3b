//! What this process uses, as Linux tells it in `/proc`; nothing where there is none.

use std::collections::BTreeMap;
use std::fs;

/// Resident memory. Unit: bytes.
pub(crate) fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4_096;
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(PAGE_BYTES)
}

/// CPU time of all threads since the start. Unit: ms.
pub(crate) fn cpu_ms() -> u64 {
    const MS_PER_TICK: u64 = 10;
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
    let after = text.rsplit(')').next().unwrap_or_default();
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    ticks().saturating_add(ticks()).saturating_mul(MS_PER_TICK)
}

/// CPU time of the living threads, by name: every part of the node has threads of its own, so this
/// is what each part costs. Unit: us.
pub(crate) fn threads_cpu_us() -> BTreeMap<String, u64> {
    const NS_PER_US: u64 = 1_000;
    let mut sums = BTreeMap::<String, u64>::new();
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(name) = fs::read_to_string(task.path().join("comm")) else { continue };
        // Its first field is the time on a CPU, in nanoseconds.
        let usage = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let cpu_ns = usage.split(' ').next().and_then(|field| field.parse::<u64>().ok());
        let sum = sums.entry(name.trim_end().to_owned()).or_default();
        *sum = sum.saturating_add(cpu_ns.unwrap_or(0) / NS_PER_US);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_work_of_a_thread_under_its_name() {
        let worker = std::thread::Builder::new().name("busy".to_owned());
        let threads = worker.spawn(|| {
            let begun = cpu_ms();
            while cpu_ms() < begun + 50 {}
            threads_cpu_us()
        });
        let threads = threads.expect("a thread starts").join().expect("it ends well");
        assert!(threads["busy"] > 1_000, "{threads:?}");
        assert!(resident_bytes() > 1_000_000);
    }
}
