use super::*;

/// A guard file after some images.
fn file_after(guard: &mut Guard, images: usize) -> Vec<u8> {
    let mut file = vec![0; 2 * SLOT_BYTES];
    for _ in 0..images {
        write(&mut file, &guard.next_slot());
    }
    file
}

fn write(file: &mut [u8], slot: &GuardSlot) {
    let at = slot.position * SLOT_BYTES;
    file[at..at + SLOT_BYTES].copy_from_slice(&slot.bytes);
}

fn a_guard() -> Guard {
    let mut guard = guard_after(&[(at(4, 0, Step::Seal), Y)]);
    guard.record(at(5, 2, Step::Prevote), signed(X), Some(at(5, 1, Step::Precommit)));
    guard
}

#[test]
fn the_newest_image_is_read_back() {
    let mut guard = a_guard();
    for images in 1..6 {
        let file = file_after(&mut guard, images);
        assert_eq!(Guard::decode(&file), Ok(guard.clone()));
    }
}

#[test]
fn images_go_to_the_two_slots_in_turn() {
    let mut guard = a_guard();
    let positions: Vec<usize> = (0..4).map(|_| guard.next_slot().position).collect();
    assert_eq!(positions, [1, 0, 1, 0]);
}

#[test]
fn a_flip_of_any_byte_falls_back_to_the_other_slot() {
    let mut guard = a_guard();
    let mut file = file_after(&mut guard, 3);
    let older = guard.clone();
    guard.record(at(6, 0, Step::Prevote), signed(X), None);
    let newest = guard.next_slot();
    write(&mut file, &newest);
    assert_eq!(Guard::decode(&file).unwrap(), guard);
    let start = newest.position * SLOT_BYTES;
    for at in start..start + SLOT_BYTES {
        file[at] ^= 1 << (at % 8);
        assert_eq!(Guard::decode(&file).as_ref(), Ok(&older), "byte {at}");
        file[at] ^= 1 << (at % 8);
    }
}

#[test]
fn a_slot_torn_at_any_byte_falls_back_to_the_other() {
    let mut guard = a_guard();
    let file = file_after(&mut guard, 2);
    let older = guard.clone();
    guard.record(at(6, 0, Step::Prevote), signed(X), None);
    let newest = guard.next_slot();
    for cut in 0..SLOT_BYTES {
        let mut torn = file.clone();
        let at = newest.position * SLOT_BYTES;
        torn[at..at + cut].copy_from_slice(&newest.bytes[..cut]);
        assert_eq!(Guard::decode(&torn).as_ref(), Ok(&older), "cut at {cut}");
    }
}

#[test]
fn a_slot_in_the_other_place_is_not_read() {
    let mut guard = a_guard();
    let slot = guard.next_slot();
    let mut file = vec![0; 2 * SLOT_BYTES];
    write(&mut file, &GuardSlot { position: 1 - slot.position, ..*slot });
    assert_eq!(Guard::decode(&file), Err(GuardError::BothBad));
}

#[test]
fn a_guard_of_which_no_slot_is_whole_is_an_error() {
    let mut file = file_after(&mut a_guard(), 2);
    file[100] ^= 1;
    file[SLOT_BYTES + 100] ^= 1;
    assert_eq!(Guard::decode(&file), Err(GuardError::BothBad));
    let short = &file[..2 * SLOT_BYTES - 1];
    assert_eq!(Guard::decode(short), Err(GuardError::Size { bytes: 2 * SLOT_BYTES - 1 }));
    let long = [file.clone(), vec![0]].concat();
    assert_eq!(Guard::decode(&long), Err(GuardError::Size { bytes: 2 * SLOT_BYTES + 1 }));
    assert_eq!(Guard::decode(&[]), Err(GuardError::Size { bytes: 0 }));
}

#[test]
fn no_bytes_make_the_decoder_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let valid = file_after(&mut a_guard(), 2);
    for round in 0..10_000 {
        let mut file = if round % 2 == 0 { valid.clone() } else { vec![0; 2 * SLOT_BYTES] };
        for _ in 0..8 {
            let at = usize::try_from(random()).unwrap() % file.len();
            file[at] = random().to_le_bytes()[0];
        }
        let _ = Guard::decode(&file);
    }
}
