use super::*;
use crate::imports;

const CODE: &str = r#"(module (memory (export "memory") 1) (func (export "init")))"#;

fn cache(folder: Option<&Path>, max_bytes: usize) -> Cache {
    let linker = || {
        let mut linker = Linker::new(&engine::new().unwrap());
        imports::link(&mut linker).unwrap();
        linker
    };
    Cache::new(linker(), linker(), folder.map(Path::to_owned), max_bytes).unwrap()
}

fn code() -> Vec<u8> {
    wat::parse_str(CODE).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

#[test]
fn threads_that_want_the_same_code_compile_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Some(folder.path()), usize::MAX);
    let (hash, code) = (Hash([1; 32]), code());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| cache.get_or_compile(&hash, &code).unwrap());
        }
    });
    assert_eq!(cache.folder.as_ref().unwrap().written.load(Ordering::Relaxed), 1);
    assert_eq!(files(folder.path()).len(), 1, "no draft is left");
    assert!(cache.lock().working.is_empty());
}

#[test]
fn refused_code_blocks_nobody_and_is_remembered_within_a_limit() {
    let cache = cache(None, usize::MAX);
    for number in 0..=MAX_REFUSED {
        let hash = Hash(*blake3::hash(&number.to_le_bytes()).as_bytes());
        let refused = cache.get_or_compile(&hash, b"no module").err();
        assert_eq!(refused, Some(Code::CodeRefused));
        // A look at the bytes would accept these.
        assert_eq!(cache.get_or_compile(&hash, &code()).err(), refused);
    }
    assert_eq!(cache.lock().refused.len(), 1);
    assert!(cache.lock().working.is_empty());
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let cache =
        cache(None, 3 * 2 * compile::compile(&engine::new().unwrap(), &code()).unwrap().code.len());
    let hash = |number: u8| Hash([number; 32]);
    for number in 1..=3 {
        cache.get_or_compile(&hash(number), &code()).unwrap();
    }
    assert!(cache.get(&hash(1)).is_some());
    cache.get_or_compile(&hash(4), &code()).unwrap();
    let held: Vec<bool> = (1..=4).map(|number| cache.get(&hash(number)).is_some()).collect();
    assert_eq!(held, [true, false, true, true]);
}

#[test]
fn a_file_that_is_not_what_was_written_is_compiled_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (hash, code) = (Hash([1; 32]), code());
    cache(Some(folder.path()), usize::MAX).get_or_compile(&hash, &code).unwrap();
    let file = files(folder.path()).remove(0);
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut dearer = good.clone();
    dearer[MAGIC.len() + 32] ^= 1;
    let bad = [flipped, dearer, good[..good.len() - 1].to_vec(), good[..5].to_vec(), Vec::new()];
    for bytes in bad {
        fs::write(&file, bytes).unwrap();
        let cache = cache(Some(folder.path()), usize::MAX);
        assert_eq!(cache.folder.as_ref().unwrap().read(&hash), None);
        cache.get_or_compile(&hash, &code).unwrap();
        assert_eq!(fs::read(&file).unwrap(), good, "written over, with the same bytes");
    }
}

#[test]
fn compiled_code_under_another_name_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Some(folder.path()), usize::MAX);
    cache.get_or_compile(&Hash([1; 32]), &code()).unwrap();
    let of_disk = cache.folder.as_ref().unwrap();
    fs::copy(of_disk.file(&Hash([1; 32])), of_disk.file(&Hash([2; 32]))).unwrap();
    assert!(of_disk.read(&Hash([1; 32])).is_some());
    assert_eq!(of_disk.read(&Hash([2; 32])), None);
}

#[test]
fn the_folder_holds_so_many_files_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..MAX_FILES + 10 {
        fs::write(folder.path().join(format!("{number}.draft")), b"").unwrap();
    }
    let cache = cache(Some(folder.path()), usize::MAX);
    cache.get_or_compile(&Hash([1; 32]), &code()).unwrap();
    assert_eq!(files(folder.path()).len(), MAX_FILES);
    assert!(cache.folder.as_ref().unwrap().read(&Hash([1; 32])).is_some());
}
