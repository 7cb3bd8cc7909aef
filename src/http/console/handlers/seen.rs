//! Keeps two administrators from writing over one another: who changes something may say in `was` what they have seen of it.

use serde_json::Value;

use crate::domain::Refusal;

/// Whether the fields that whoever changes them has named in `was` still are what they have seen: otherwise somebody else's
/// change would be lost without anybody's knowing.
pub(super) fn unchanged(section: &Value, was: Option<&Value>) -> Result<(), Refusal> {
    let was = match was {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(was)) => was,
        Some(_) => return Err(Refusal::invalid("was", "must be an object")),
    };
    let differs = |name: &str, value: &Value| section.get(name).is_none_or(|now| !same(now, value));
    match was.iter().find(|(name, value)| differs(name, value)) {
        Some((name, _)) => Err(Refusal::conflict(format!("somebody else changed `{name}` meanwhile"))),
        None => Ok(()),
    }
}

/// Whether two values are the same to whoever reads them: 1 and 1.0 are.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Value::Object(ones), Value::Object(others)) => {
            let alike = |name: &String, one: &Value| others.get(name).is_some_and(|other| same(one, other));
            ones.len() == others.len() && ones.iter().all(|(name, one)| alike(name, one))
        }
        _ => one == other,
    }
}
