//! What stands in a file of fjall that it pressed: blocks of tables, and values of journals.

/// What a table's block begins with.
const BLOCK: [u8; 4] = [b'L', b'S', b'M', 3];

/// What stands before a block's bytes: the mark, a type, a checksum, two lengths, a checksum.
const BLOCK_HEAD: usize = 4 + 1 + 16 + 4 + 4 + 4;

/// What stands before a journal's key: a tag, a type, how it is pressed, a keyspace, the lengths of the key, of the value, and
/// of what is there of it.
const ITEM_HEAD: usize = 3 + 8 + 2 + 4 + 4;

/// The tag of a journal's item, and the way it is pressed.
const ITEM: u8 = 2;
const PRESSED: u8 = 1;

/// No block or value has more.
const UNPACKED_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The bytes of a file, with everything behind them that they unpack to.
pub(super) fn unpacked(mut file: Vec<u8>) -> Vec<u8> {
    // Journals are mostly zeros.
    file.truncate(file.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    let mut found = Vec::new();
    for at in 0..file.len() {
        let part = match file[at] {
            b'L' => block(&file[at..]),
            ITEM => value(&file[at..]),
            _ => None,
        };
        if let Some(part) = part {
            found.push(0);
            found.extend(part);
        }
    }
    file.extend(found);
    file
}

fn block(bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = bytes.strip_prefix(&BLOCK)?.get(17..)?;
    let (here, whole) = (number(rest, 4)?, number(rest.get(4..)?, 4)?);
    unpack(bytes.get(BLOCK_HEAD..)?.get(..here)?, whole)
}

fn value(bytes: &[u8]) -> Option<Vec<u8>> {
    let [ITEM, _, PRESSED, ..] = bytes else { return None };
    let lengths = bytes.get(11..)?;
    let (key, whole, here) = (number(lengths, 2)?, number(lengths.get(2..)?, 4)?, number(lengths.get(6..)?, 4)?);
    unpack(bytes.get(ITEM_HEAD + key..)?.get(..here)?, whole)
}

fn unpack(packed: &[u8], whole: usize) -> Option<Vec<u8>> {
    let may_be = (1..=UNPACKED_MAX_BYTES).contains(&whole) && packed.len() != whole;
    may_be.then(|| lz4_flex::decompress(packed, whole).ok())?.filter(|bytes| bytes.len() == whole)
}

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], size: usize) -> Option<usize> {
    Some(bytes.get(..size)?.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
