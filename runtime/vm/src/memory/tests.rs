use super::*;

#[test]
fn only_ranges_inside_the_memory_are_read_and_written() {
    let mut memory = [1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(read(&memory, 0, 8).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(read(&memory, 8, 0).unwrap(), []);
    assert_eq!(array::<2>(&memory, 6).unwrap(), [7, 8]);
    write(&mut memory, 6, &[9, 10]).unwrap();
    assert_eq!(memory, [1, 2, 3, 4, 5, 6, 9, 10]);
    for (pointer, length) in [(0, 9), (8, 1), (9, 0), (u32::MAX, 2), (1, usize::MAX)] {
        let refused = read(&memory, pointer, length).unwrap_err();
        assert!(matches!(refused, Halt::Host { code: Code::BadInput, .. }), "{refused}");
    }
    assert!(write(&mut memory, 7, &[1, 2]).is_err());
    assert!(write(&mut memory, u32::MAX, &[1]).is_err());
    assert_eq!(memory, [1, 2, 3, 4, 5, 6, 9, 10], "a refused write writes nothing");
}
