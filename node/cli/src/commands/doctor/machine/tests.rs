use super::*;

#[test]
fn reads_what_df_prints() {
    let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
              /dev/sda1 1000 200 800 20% /\n";
    assert_eq!(free_of(df), Some(800));
    assert_eq!(free_of("Filesystem\n"), None);
}

#[test]
fn is_red_about_a_key_file_that_others_may_read_and_names_the_remedy() {
    let root = std::env::temp_dir().join(format!("syndic-doctor-{}", std::process::id()));
    let home = Home::new(&root);
    crate::home::write_secret(&home.network_key(), b"secret").unwrap();
    assert_eq!(key_files(&home).unwrap().0, Level::Green);
    fs::set_permissions(home.network_key(), fs::Permissions::from_mode(0o644)).unwrap();
    let (level, text) = key_files(&home).unwrap();
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(level, Level::Red);
    assert!(text.contains("chmod 600"), "{text}");
}
