//! A place in somebody else's JSON, which may not be there or hold something else.

pub(super) use crate::domain::text::clipped as clip;
use serde_json::Value;

/// A value that may be missing. Looking further into what is missing is missing too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a>(Option<&'a Value>);

impl<'a> Place<'a> {
    /// The root of a document.
    pub(super) const fn root(value: &'a Value) -> Self {
        Self(Some(value))
    }

    /// A field of an object.
    pub(super) fn at(self, field: &str) -> Self {
        Self(self.0.and_then(|value| value.get(field)))
    }

    /// Whether there is something, `null` aside.
    pub(super) fn is_there(self) -> bool {
        self.0.is_some_and(|value| !value.is_null())
    }

    /// A text that is not blank.
    pub(super) fn text(self) -> Option<&'a str> {
        self.0.and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// A text that is not blank, as much of it as fits.
    pub(super) fn clipped(self, max_bytes: usize) -> Option<String> {
        self.text().map(|text| clip(text, max_bytes).to_owned())
    }

    /// A whole number, also one that is written as text.
    pub(super) fn integer(self) -> Option<i64> {
        match self.0? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A finite number, also one that is written as text.
    pub(super) fn number(self) -> Option<f64> {
        let number = match self.0? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.filter(|number| number.is_finite())
    }

    /// `true`, and nothing that merely looks like it.
    pub(super) fn is_true(self) -> bool {
        self.0.and_then(Value::as_bool) == Some(true)
    }

    /// The items of an array; none where there is no array.
    pub(super) fn items(self) -> impl ExactSizeIterator<Item = Place<'a>> + Clone {
        self.0.and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter().map(Place::root)
    }
}
