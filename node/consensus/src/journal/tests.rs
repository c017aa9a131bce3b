use super::*;
use crate::timeouts::TimeoutKind;
use types::{Share, Signature, Vote};

const CHAIN: ChainId = ChainId([7; 32]);
const OWN: ValidatorId = ValidatorId([1; 32]);

fn vote(validator: ValidatorId, round: u32) -> JournalRecord {
    JournalRecord::Message(ConsensusContent::Vote(Vote {
        kind: VoteKind::Precommit,
        height: Height(3),
        round: Round(round),
        block_id: None,
        validator,
        signature: Signature([5; 64]),
        share: Share([6; 128]),
    }))
}

fn some_records() -> Vec<JournalRecord> {
    vec![
        JournalRecord::Header { chain_id: CHAIN, height: Height(3) },
        JournalRecord::Proposed {
            round: Round(0),
            pol_round: None,
            proposer: OWN,
            block_id: BlockId([9; 32]),
            valid: true,
        },
        vote(OWN, 0),
        JournalRecord::Timeout(Timeout {
            height: Height(3),
            round: Round(0),
            kind: TimeoutKind::Precommit,
        }),
        vote(ValidatorId([2; 32]), 1),
    ]
}

/// The journal's bytes and where each frame begins.
fn written(records: &[JournalRecord]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::new();
    let mut starts = Vec::new();
    for record in records {
        starts.push(bytes.len());
        bytes.extend(frame(record));
    }
    (bytes, starts)
}

#[test]
fn reads_back_what_was_written() {
    let records = some_records();
    let (bytes, _) = written(&records);
    assert_eq!(read_all(&bytes), Ok((records, Tail::Clean)));
    assert_eq!(read_all(&[]), Ok((Vec::new(), Tail::Clean)));
}

#[test]
fn a_torn_last_record_is_cut_off_at_every_byte() {
    let records = some_records();
    let (bytes, starts) = written(&records);
    let last = *starts.last().unwrap();
    for end in last + 1..bytes.len() {
        let found = read_all(&bytes[..end]);
        let whole = records[..records.len() - 1].to_vec();
        assert_eq!(found, Ok((whole, Tail::Torn { at: last })), "cut at byte {end}");
    }
}

#[test]
fn a_last_record_of_which_zeros_are_left_is_cut_off() {
    let records = some_records();
    let (bytes, starts) = written(&records);
    let last = *starts.last().unwrap();
    for from in last..bytes.len() {
        let mut torn = bytes.clone();
        torn[from..].fill(0);
        torn.extend([0; 4096]);
        let (found, tail) = read_all(&torn).unwrap();
        // The frame may happen to end in zeros of its own: then nothing is torn but the tail.
        let whole = if torn[..bytes.len()] == bytes { records.len() } else { records.len() - 1 };
        assert_eq!(found, records[..whole], "zeros from byte {from}");
        assert!(matches!(tail, Tail::Torn { .. }));
    }
}

#[test]
fn a_flipped_bit_before_the_last_record_is_damage() {
    let (bytes, starts) = written(&some_records());
    let last = *starts.last().unwrap();
    for at in 0..last {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let found = read_all(&damaged);
        assert!(matches!(found, Err(JournalError::Damaged { .. })), "byte {at}: {found:?}");
    }
}

#[test]
fn a_flipped_bit_in_the_last_record_drops_it() {
    let records = some_records();
    let (bytes, starts) = written(&records);
    let last = *starts.last().unwrap();
    for at in last..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        // A length that does not fit what follows cannot be told from damage: that is an error.
        match read_all(&damaged) {
            Ok((found, tail)) => {
                assert_eq!(found, records[..records.len() - 1], "byte {at}");
                assert_eq!(tail, Tail::Torn { at: last });
            }
            Err(JournalError::Damaged { at: named }) => {
                assert!(at < last + 8, "byte {at}");
                assert_eq!(named, last);
            }
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
}

#[test]
fn a_header_stands_first_and_only_there() {
    let records = some_records();
    let (headless, _) = written(&records[1..]);
    assert_eq!(read_all(&headless), Err(JournalError::Misplaced { at: 0 }));
    let twice = [records[0].clone(), records[0].clone()];
    let (bytes, starts) = written(&twice);
    assert_eq!(read_all(&bytes), Err(JournalError::Misplaced { at: starts[1] }));
}

#[test]
fn a_record_of_another_version_is_not_guessed_at() {
    let mut bytes = frame(&some_records()[0]);
    bytes[FRAME_BYTES] = 2;
    let length = u32::try_from(bytes.len() - FRAME_BYTES).unwrap();
    let sum = checksum(length, &bytes[FRAME_BYTES..]);
    bytes[8..FRAME_BYTES].copy_from_slice(&sum);
    assert!(matches!(read_all(&bytes), Err(JournalError::Unreadable { at: 0, .. })));
}

#[test]
fn our_own_messages_are_found_with_address_and_value() {
    let own = own_messages(&some_records(), CHAIN, &OWN);
    let (round, step) = (Round(0), Step::Precommit);
    let address = SignedAddress { chain_id: CHAIN, height: Height(3), round, step };
    let (signature, share) = (Signature([5; 64]), Share([6; 128]));
    assert_eq!(own, [(address, Signed { value: None, signature, share })]);
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let (valid, _) = written(&some_records());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..10_000 {
        let length = usize::try_from(random() % 200).unwrap();
        let noise: Vec<u8> = (0..length).map(|_| random().to_le_bytes()[0]).collect();
        let _ = read_all(&noise);
        let mut bent = valid.clone();
        for _ in 0..1 + random() % 4 {
            let at = usize::try_from(random()).unwrap() % bent.len();
            bent[at] = random().to_le_bytes()[0];
        }
        let _ = read_all(&bent);
    }
}
