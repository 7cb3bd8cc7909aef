//! Which styles are headings: their ids are translated and renamed, their names are not.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::super::Fault;
use super::{Elements, attribute};

/// How far a style is followed to the one that it is based on.
const BASED_ON_MAX: usize = 10;

/// Headings' levels, 1 the highest, by the id of a style.
#[derive(Debug, Default)]
pub(super) struct Styles {
    levels: HashMap<String, u8>,
    based_on: HashMap<String, String>,
}

/// Reads `styles.xml`.
pub(super) fn read(xml: &str) -> Result<Styles, Fault> {
    let mut styles = Styles::default();
    let (mut elements, mut id) = (Elements::new(xml), String::new());
    while let Some(event) = elements.next()? {
        let (Event::Start(element) | Event::Empty(element)) = event else { continue };
        let value = || attribute(&element, "val");
        match element.local_name().as_ref() {
            "style" => id = attribute(&element, "styleId").unwrap_or_default(),
            "name" => {
                if let Some(level) = value().and_then(|name| level(&name)) {
                    styles.levels.insert(id.clone(), level);
                }
            }
            "basedOn" => {
                styles.based_on.extend(value().map(|base| (id.clone(), base)));
            }
            _ => {}
        }
    }
    Ok(styles)
}

impl Styles {
    /// The level of the heading that a style makes, if it makes one.
    pub(super) fn level(&self, id: &str) -> Option<u8> {
        let mut id = id;
        for _ in 0..BASED_ON_MAX {
            if let Some(level) = self.levels.get(id) {
                return Some(*level);
            }
            id = self.based_on.get(id)?;
        }
        None
    }
}

fn level(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    name.strip_prefix("heading ")?.parse().ok().filter(|level| (1..=9).contains(level))
}
