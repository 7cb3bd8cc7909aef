//! What a model may do besides writing: look into the knowledge, remember something of the customer, ask for a value, hand
//! over, and use the services that the organization has described.
//!
//! `call` reads what a model asks for, `http` asks the organization's services. What is not here: the rounds in which tools
//! are used and their limits (`openai/rounds.rs`), and where memories and knowledge are kept: `app.rs` gives [`Means`].

mod call;
mod http;
mod library;

pub use call::{Call, Wanted};
pub use http::{Answered, HttpTools};
pub use library::search_of;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Passage, Turn};
use crate::domain::tool::HttpTool;
use crate::domain::{CustomerId, OrganizationId, Refusal};
use crate::store::{self, Store};

/// The tool that hands the session to a human.
pub const HAND_OVER: &str = "hand_over";

/// The tool that asks the customer for a value.
pub const ASK: &str = "ask";

/// The tool that looks into the knowledge.
pub const SEARCH: &str = "search_knowledge";

/// The tool that remembers something of the customer.
pub const REMEMBER: &str = "remember";

/// The most passages that one search brings.
pub const FOUND_MAX: usize = 5;

/// Looks into an organization's knowledge: so many passages at most, best first.
pub type Search = Arc<dyn Fn(OrganizationId, String, usize) -> BoxFuture<'static, Vec<Passage>> + Send + Sync>;

/// Remembers something of a customer: what it is about, and what.
pub type Remember =
    Arc<dyn Fn(OrganizationId, CustomerId, String, String) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync>;

/// What tools stand on; without one of them its tool is not offered.
#[derive(Clone, Default)]
pub struct Means {
    /// Where knowledge is found.
    pub search: Option<Search>,
    /// Where memories go.
    pub remember: Option<Remember>,
    /// Where organizations' own tools stand.
    pub store: Option<Store>,
}

/// The tools of one turn.
#[derive(Debug, Clone)]
pub struct Offer {
    own: Vec<HttpTool>,
    searches: bool,
    remembers: bool,
}

impl Offer {
    /// What the turn's organization lets its assistant use. Tools that can not be read are not offered, and the log says so.
    pub fn of(means: &Means, turn: &Turn) -> Self {
        let own = means.store.as_ref().map(|store| store::tool::tools(store, turn.organization()));
        let own = own.transpose().unwrap_or_else(|error| {
            tracing::error!(organization = %turn.organization(), %error, "tools do not read");
            None
        });
        Self {
            own: own.unwrap_or_default().into_iter().filter(|tool| tool.enabled).collect(),
            searches: means.search.is_some(),
            remembers: means.remember.is_some() && turn.customer.is_some(),
        }
    }

    /// The organization's tool of this name.
    pub fn own(&self, name: &str) -> Option<&HttpTool> {
        self.own.iter().find(|tool| tool.name == name)
    }

    /// Whether a tool of this name is offered.
    pub fn has(&self, name: &str) -> bool {
        match name {
            HAND_OVER | ASK => true,
            SEARCH => self.searches,
            REMEMBER => self.remembers,
            own => self.own(own).is_some(),
        }
    }

    /// All of them, as a model is told.
    pub fn described(&self) -> Vec<Value> {
        let text = |about: &str| json!({ "type": "string", "description": about });
        let mut tools = vec![
            function(
                HAND_OVER,
                "Hand this conversation to a human agent.",
                &object(&[("reason", text("Why, in a few words, for the agent."))]),
            ),
            function(
                ASK,
                "Ask the customer for a value that you need, such as an order number.",
                &object(&[
                    ("slot", text("Its name in snake case: order_number, email.")),
                    ("question", text("The question, in the customer's language.")),
                ]),
            ),
        ];
        if self.searches {
            let query = object(&[("query", text("What is looked for, in the customer's words."))]);
            tools.push(function(SEARCH, "Look into the company's knowledge for more passages.", &query));
        }
        if self.remembers {
            let memory = object(&[
                ("key", text("What it is about, in snake case: name, preferred_shipping.")),
                ("value", text("What the customer said of it, in short.")),
            ]);
            let about = "Remember something that the customer said of themselves and that will matter later. Never cards, passwords or health.";
            tools.push(function(REMEMBER, about, &memory));
        }
        tools.extend(self.own.iter().map(|tool| function(&tool.name, &tool.description, tool.arguments.json())));
        tools
    }
}

fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } })
}

fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|(name, shape)| ((*name).to_owned(), shape.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means")
            .field("search", &self.search.is_some())
            .field("remember", &self.remember.is_some())
            .finish_non_exhaustive()
    }
}
