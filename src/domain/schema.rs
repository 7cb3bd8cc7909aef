//! The shape of a tool's arguments: as much of JSON Schema as is checked here, and not a word more. A keyword that would not be
//! checked is refused when the schema is written, so that nobody relies on it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Refusal;

/// The deepest nesting.
const DEPTH_MAX: usize = 5;

/// The most properties of one object.
const PROPERTIES_MAX: usize = 32;

/// The most values that an enumeration lists.
const ENUM_MAX: usize = 100;

/// The largest schema, as JSON in bytes: every request to a model carries it.
const SCHEMA_MAX_BYTES: usize = 8 * 1024;

/// The longest text of an argument where the schema names no limit, in characters.
const TEXT_MAX_CHARS: usize = 2_000;

/// The most items of a list where the schema names no limit.
const ITEMS_MAX: usize = 50;

/// Words for people and models.
const NOTES: [&str; 4] = ["description", "title", "default", "examples"];

/// A checked schema of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub struct Schema {
    json: Value,
    root: Shape,
}

#[derive(Debug, Clone, PartialEq)]
struct Shape {
    kind: Kind,
    only: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text { min: usize, max: usize },
    Number { whole: bool, min: f64, max: f64 },
    Bool,
    List { of: Box<Shape>, min: usize, max: usize },
    Object { properties: Vec<(String, Shape)>, required: Vec<String>, open: bool },
}

impl Schema {
    /// An object without properties.
    pub fn empty() -> Self {
        let root = Shape {
            kind: Kind::Object { properties: Vec::new(), required: Vec::new(), open: false },
            only: Vec::new(),
        };
        Self { json: serde_json::json!({ "type": "object", "properties": {} }), root }
    }

    /// Reads a schema.
    ///
    /// # Errors
    /// `Invalid` on `arguments` or the place within it that is none, or that says more than is checked.
    pub fn parse(json: Value) -> Result<Self, Refusal> {
        if json.to_string().len() > SCHEMA_MAX_BYTES {
            return Err(wrong("arguments", format!("must be at most {SCHEMA_MAX_BYTES} bytes")));
        }
        let root = Shape::parse("arguments", &json, 0)?;
        if !matches!(root.kind, Kind::Object { .. }) {
            return Err(wrong("arguments", "must be of type object"));
        }
        Ok(Self { json, root })
    }

    /// The schema as it was written.
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// Whether a value of this name is always there and can be written as one word: a text, a number or yes and no.
    pub fn requires_plain(&self, name: &str) -> bool {
        let Kind::Object { properties, required, .. } = &self.root.kind else { return false };
        let plain = |shape: &Shape| matches!(shape.kind, Kind::Text { .. } | Kind::Number { .. } | Kind::Bool);
        let known = properties.iter().any(|(known, shape)| known == name && plain(shape));
        known && required.iter().any(|required| required == name)
    }

    /// Checks arguments; says what is wrong in words for whoever wrote them.
    ///
    /// # Errors
    /// The first place that does not fit.
    pub fn check(&self, arguments: &Value) -> Result<(), String> {
        self.root.check("arguments", arguments)
    }
}

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        schema.json
    }
}

impl TryFrom<Value> for Schema {
    type Error = Refusal;

    fn try_from(json: Value) -> Result<Self, Refusal> {
        Self::parse(json)
    }
}

impl Shape {
    fn parse(at: &str, json: &Value, depth: usize) -> Result<Self, Refusal> {
        let fields = json.as_object().ok_or_else(|| wrong(at, "must be an object"))?;
        if depth > DEPTH_MAX {
            return Err(wrong(at, format!("must be nested at most {DEPTH_MAX} deep")));
        }
        let (kind, words): (Kind, &[&str]) = match fields.get("type").and_then(Value::as_str) {
            Some("string") => {
                let (min, max) = (size(at, fields, "minLength", 0)?, size(at, fields, "maxLength", TEXT_MAX_CHARS)?);
                (Kind::Text { min, max }, &["minLength", "maxLength"])
            }
            Some(name @ ("number" | "integer")) => {
                let bound = |word: &str, unset: f64| match fields.get(word) {
                    None => Ok(unset),
                    Some(bound) => bound.as_f64().ok_or_else(|| wrong(at, format!("{word} must be a number"))),
                };
                let (min, max) = (bound("minimum", f64::NEG_INFINITY)?, bound("maximum", f64::INFINITY)?);
                (Kind::Number { whole: name == "integer", min, max }, &["minimum", "maximum"])
            }
            Some("boolean") => (Kind::Bool, &[]),
            Some("array") => {
                let of = fields.get("items").ok_or_else(|| wrong(at, "items must say what a list holds"))?;
                let of = Box::new(Self::parse(&format!("{at}.items"), of, depth + 1)?);
                let (min, max) = (size(at, fields, "minItems", 0)?, size(at, fields, "maxItems", ITEMS_MAX)?);
                (Kind::List { of, min, max }, &["items", "minItems", "maxItems"])
            }
            Some("object") => (object(at, fields, depth)?, &["properties", "required", "additionalProperties"]),
            Some(_) | None => {
                return Err(wrong(at, "type must be string, number, integer, boolean, array or object"));
            }
        };
        let checked = |word: &str| word == "type" || word == "enum" || NOTES.contains(&word) || words.contains(&word);
        if let Some(word) = fields.keys().find(|word| !checked(word)) {
            return Err(wrong(at, format!("`{word}` is not checked here; leave it out")));
        }
        let only = match fields.get("enum") {
            None => Vec::new(),
            Some(Value::Array(only)) if (1..=ENUM_MAX).contains(&only.len()) => only.clone(),
            Some(_) => return Err(wrong(at, format!("enum must list between 1 and {ENUM_MAX} values"))),
        };
        Ok(Self { kind, only })
    }

    fn check(&self, at: &str, value: &Value) -> Result<(), String> {
        if !self.only.is_empty() && !self.only.contains(value) {
            return Err(format!("{at} must be one of {}", Value::Array(self.only.clone())));
        }
        match (&self.kind, value) {
            (Kind::Text { min, max }, Value::String(text)) => {
                within(at, "characters", text.chars().count(), *min, *max)
            }
            (Kind::Number { whole, min, max }, Value::Number(number)) => {
                let is_whole = number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0);
                if *whole && !is_whole {
                    return Err(format!("{at} must be a whole number"));
                }
                let fits = number.as_f64().is_some_and(|number| (*min..=*max).contains(&number));
                if fits { Ok(()) } else { Err(format!("{at} must be between {min} and {max}")) }
            }
            (Kind::Bool, Value::Bool(_)) => Ok(()),
            (Kind::List { of, min, max }, Value::Array(items)) => {
                within(at, "items", items.len(), *min, *max)?;
                items.iter().enumerate().try_for_each(|(n, item)| of.check(&format!("{at}[{n}]"), item))
            }
            (Kind::Object { properties, required, open }, Value::Object(fields)) => {
                check_object(at, properties, required, *open, fields)
            }
            (kind, _) => Err(format!("{at} must be {}", kind.name())),
        }
    }
}

impl Kind {
    const fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "a text",
            Self::Number { .. } => "a number",
            Self::Bool => "true or false",
            Self::List { .. } => "a list",
            Self::Object { .. } => "an object",
        }
    }
}

fn object(at: &str, fields: &Map<String, Value>, depth: usize) -> Result<Kind, Refusal> {
    let open = match fields.get("additionalProperties") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(wrong(at, "additionalProperties must be true or false")),
    };
    let none = Map::new();
    let written = match fields.get("properties") {
        None => &none,
        Some(written) => written.as_object().ok_or_else(|| wrong(at, "properties must be an object"))?,
    };
    if written.len() > PROPERTIES_MAX {
        return Err(wrong(at, format!("must have at most {PROPERTIES_MAX} properties")));
    }
    let shape =
        |(name, json): (&String, &Value)| Ok((name.clone(), Shape::parse(&format!("{at}.{name}"), json, depth + 1)?));
    let properties: Vec<(String, Shape)> = written.iter().map(shape).collect::<Result<_, Refusal>>()?;
    let required: Vec<String> = match fields.get("required") {
        None => Vec::new(),
        Some(names) => {
            serde_json::from_value(names.clone()).map_err(|_| wrong(at, "required must be a list of names"))?
        }
    };
    if let Some(name) = required.iter().find(|name| !written.contains_key(*name)) {
        return Err(wrong(at, format!("required names `{name}`, which is no property")));
    }
    Ok(Kind::Object { properties, required, open })
}

fn check_object(
    at: &str,
    properties: &[(String, Shape)],
    required: &[String],
    open: bool,
    fields: &Map<String, Value>,
) -> Result<(), String> {
    if let Some(name) = required.iter().find(|name| !fields.contains_key(*name)) {
        return Err(format!("{at}.{name} is missing"));
    }
    for (name, value) in fields {
        match properties.iter().find(|(known, _)| known == name) {
            Some((_, shape)) => shape.check(&format!("{at}.{name}"), value)?,
            None if open => {}
            None => return Err(format!("{at}.{name} is not known")),
        }
    }
    Ok(())
}

fn size(at: &str, fields: &Map<String, Value>, word: &str, unset: usize) -> Result<usize, Refusal> {
    let Some(size) = fields.get(word) else { return Ok(unset) };
    let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| wrong(at, format!("{word} must be a whole number, not below 0")))
}

fn within(at: &str, unit: &str, size: usize, min: usize, max: usize) -> Result<(), String> {
    if (min..=max).contains(&size) { Ok(()) } else { Err(format!("{at} must have between {min} and {max} {unit}")) }
}

fn wrong(at: &str, why: impl Into<String>) -> Refusal {
    Refusal::invalid(at.to_owned(), why.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        let json = json!({
            "type": "object",
            "properties": {
                "order": { "type": "string", "minLength": 3, "maxLength": 8, "description": "Its number" },
                "count": { "type": "integer", "minimum": 1, "maximum": 5 },
                "how": { "type": "string", "enum": ["fast", "slow"] },
                "tags": { "type": "array", "items": { "type": "string" }, "maxItems": 2 },
            },
            "required": ["order"],
        });
        Schema::parse(json).unwrap()
    }

    #[test]
    fn arguments_are_held_to_types_required_enums_and_bounds() {
        let schema = schema();
        assert_eq!(schema.check(&json!({ "order": "A-123", "count": 2, "how": "fast", "tags": ["x"] })), Ok(()));
        for (bad, why) in [
            (json!({}), "arguments.order is missing"),
            (json!([]), "arguments must be an object"),
            (json!({ "order": 7 }), "arguments.order must be a text"),
            (json!({ "order": "A" }), "arguments.order must have between 3 and 8 characters"),
            (json!({ "order": "A-123", "count": 1.5 }), "arguments.count must be a whole number"),
            (json!({ "order": "A-123", "count": 6 }), "arguments.count must be between 1 and 5"),
            (json!({ "order": "A-123", "how": "never" }), "arguments.how must be one of [\"fast\",\"slow\"]"),
            (json!({ "order": "A-123", "tags": [1] }), "arguments.tags[0] must be a text"),
            (json!({ "order": "A-123", "tags": ["a", "b", "c"] }), "arguments.tags must have between 0 and 2 items"),
            (json!({ "order": "A-123", "admin": true }), "arguments.admin is not known"),
        ] {
            assert_eq!(schema.check(&bad), Err(why.to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_schema_that_says_more_than_is_checked_is_refused_and_says_where() {
        let field = |json: Value| match Schema::parse(json) {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(json!({ "type": "string" })), "arguments");
        let of = |shape: Value| json!({ "type": "object", "properties": { "a": shape } });
        for bad in [
            json!({ "type": "string", "pattern": "^x" }),
            json!({ "type": ["string", "null"] }),
            json!({ "anyOf": [] }),
            json!({ "type": "array" }),
            json!({ "type": "string", "enum": [] }),
            json!({ "type": "string", "minLength": -1 }),
            json!({ "$ref": "#" }),
        ] {
            assert_eq!(field(of(bad.clone())), "arguments.a", "{bad}");
        }
        assert_eq!(field(json!({ "type": "object", "required": ["a"] })), "arguments");
        let mut deep = json!({ "type": "string" });
        for _ in 0..8 {
            deep = of(deep);
        }
        assert!(field(deep).starts_with("arguments.a.a"));
    }

    #[test]
    fn what_a_place_in_an_address_may_name_is_required_and_plain() {
        let schema = schema();
        assert!(schema.requires_plain("order") && !schema.requires_plain("count") && !schema.requires_plain("x"));
        let stored = serde_json::to_string(&schema).unwrap();
        assert_eq!(serde_json::from_str::<Schema>(&stored).unwrap(), schema);
    }
}
