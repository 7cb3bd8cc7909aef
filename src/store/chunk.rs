//! Values above the limit of one put, kept in parts: the key holds a manifest, the parts sit under `~/<key>`.
//!
//! Parts are named by the digest of the whole value, so a reader that races with a writer finds a part missing (and
//! reads the new manifest) and never mixes two values.

use sha2::{Digest, Sha256};

use super::{KeyRange, Kv, Pair, StoreError, VALUE_MAX_BYTES};

const SPACE: &[u8] = b"~/";
/// No JSON text starts with this byte. Values that do start with it are kept in parts too, so the mark is never ambiguous.
const MARK: u8 = 0xFF;
const FORMAT: u8 = 1;
const DIGEST_BYTES: usize = 16;
/// How much of the value's start the manifest repeats, so that a record's version can be read without the parts.
const HEAD_MAX_BYTES: usize = 40;
/// A reader gives up after losing this many races with writers of the same key.
const ATTEMPTS_MAX: usize = 16;
const FIXED_BYTES: usize = 2 + DIGEST_BYTES + 8;

/// Whether a value can not be put as it is.
pub(super) fn must_split(value: &[u8]) -> bool {
    value.len() > VALUE_MAX_BYTES || value.first() == Some(&MARK)
}

/// Whether the store holds any value in parts.
pub(super) fn any(kv: &dyn Kv) -> Result<bool, StoreError> {
    Ok(kv.count(KeyRange::prefix(SPACE), 1)? > 0)
}

/// Whether a stored value is a manifest.
pub(super) fn is_manifest(stored: &[u8]) -> bool {
    stored.first() == Some(&MARK)
}

/// The first bytes of the value that is stored, whether in parts or not.
pub(super) fn head(stored: &[u8]) -> &[u8] {
    if is_manifest(stored) { stored.get(FIXED_BYTES..).unwrap_or_default() } else { stored }
}

/// The manifest of a value and its parts.
pub(super) fn split(key: &[u8], value: &[u8]) -> (Vec<u8>, Vec<Pair>) {
    let digest = digest(value);
    let mut manifest = vec![MARK, FORMAT];
    manifest.extend_from_slice(&digest);
    manifest.extend_from_slice(&(value.len() as u64).to_be_bytes());
    manifest.extend_from_slice(&value[..value.len().min(HEAD_MAX_BYTES)]);
    let parts = value.chunks(VALUE_MAX_BYTES).enumerate();
    let parts = parts.map(|(number, part)| (part_key(key, &digest, number), part.to_vec())).collect();
    (manifest, parts)
}

/// The keys of the parts that a manifest names.
pub(super) fn part_keys(key: &[u8], manifest: &[u8]) -> Vec<Vec<u8>> {
    let Some((digest, len)) = parse(manifest) else { return Vec::new() };
    (0..len.div_ceil(VALUE_MAX_BYTES)).map(|number| part_key(key, &digest, number)).collect()
}

/// The whole value behind `stored`, which was read from `key`. `None` if the key was deleted meanwhile.
pub(super) fn assemble(kv: &dyn Kv, key: &[u8], stored: Vec<u8>) -> Result<Option<Vec<u8>>, StoreError> {
    let mut stored = stored;
    for _ in 0..ATTEMPTS_MAX {
        if !is_manifest(&stored) {
            return Ok(Some(stored));
        }
        if let Some(value) = read_parts(kv, key, &stored)? {
            return Ok(Some(value));
        }
        match kv.get(key)? {
            Some(newer) => stored = newer,
            None => return Ok(None),
        }
    }
    Err(StoreError::corrupt(key, "a part of the value is missing"))
}

fn read_parts(kv: &dyn Kv, key: &[u8], manifest: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some((expected, len)) = parse(manifest) else {
        return Err(StoreError::corrupt(key, "the manifest of its parts is damaged"));
    };
    let mut value = Vec::new();
    for part in part_keys(key, manifest) {
        match kv.get(&part)? {
            Some(bytes) => value.extend_from_slice(&bytes),
            None => return Ok(None),
        }
    }
    if value.len() != len || digest(&value) != expected {
        return Err(StoreError::corrupt(key, "its parts do not make up the value that was written"));
    }
    Ok(Some(value))
}

fn part_key(key: &[u8], digest: &[u8; DIGEST_BYTES], number: usize) -> Vec<u8> {
    let mut part = Vec::with_capacity(SPACE.len() + key.len() + 1 + DIGEST_BYTES + 8);
    part.extend_from_slice(SPACE);
    part.extend_from_slice(key);
    part.push(0);
    part.extend_from_slice(digest);
    part.extend_from_slice(&(number as u64).to_be_bytes());
    part
}

fn parse(manifest: &[u8]) -> Option<([u8; DIGEST_BYTES], usize)> {
    let rest = manifest.strip_prefix(&[MARK, FORMAT])?;
    let (digest, rest) = rest.split_first_chunk::<DIGEST_BYTES>()?;
    let (len, _) = rest.split_first_chunk::<8>()?;
    Some((*digest, usize::try_from(u64::from_be_bytes(*len)).ok()?))
}

fn digest(value: &[u8]) -> [u8; DIGEST_BYTES] {
    let full: [u8; 32] = Sha256::digest(value).into();
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&full[..DIGEST_BYTES]);
    short
}
