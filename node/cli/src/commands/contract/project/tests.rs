use super::*;

#[test]
fn a_new_project_has_all_that_it_needs_and_names_only_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my-shop");
    new(&path, Output::new(true)).unwrap();
    for file in
        ["Cargo.toml", "Cargo.lock", "src/lib.rs", "tests/my-shop.rs", "vendor/sdk/src/lib.rs"]
    {
        assert!(path.join(file).is_file(), "{file}");
    }
    let text = fs::read_to_string(path.join("tests/my-shop.rs")).unwrap();
    assert!(text.contains("use my_shop::") && !text.contains("counter::"), "{text}");
    assert_eq!(package_of(&path).unwrap(), "my-shop");
    let manifest: toml::Table =
        fs::read_to_string(path.join("Cargo.toml")).unwrap().parse().unwrap();
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    for (file, text) in VENDOR.iter().filter(|(file, _)| file.ends_with("Cargo.toml")) {
        let text = without_tests(text);
        let names = text.lines().filter_map(|line| line.strip_suffix(".workspace = true"));
        for name in names.filter(|name| !["version", "edition"].contains(name)) {
            let known = dependencies.contains_key(name)
                || manifest["workspace"]["package"].get(name).is_some();
            assert!(known, "{file} inherits {name}");
        }
    }
    for (name, entry) in dependencies {
        if let Some(path_of) = entry.get("path").and_then(toml::Value::as_str) {
            assert!(path.join(path_of).join("Cargo.toml").is_file(), "{name}");
        }
    }
    assert!(!path.join("expanded.rs").exists());
    assert!(new(&path, Output::new(true)).is_err(), "nothing is written over");
}

#[test]
fn a_name_is_that_of_a_package() {
    for name in ["shop", "my-shop2"] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    for name in ["", "2shop", "Shop", "my_shop", "a/b", "ä"] {
        assert!(check_name(name).is_err(), "{name}");
    }
}
