//! What answers cost: [`Metered`] stands around a responder that asks a model, writes down each call in the [`Ledger`], and lets
//! the builtin assistant answer once an organization's budget is spent, so that a customer is never met with silence.
//!
//! **What is promised.** A call is durable before the answer that it paid for is given to the session, so a kill never leaves an
//! answer that was acknowledged without its cost; unless the store takes longer than [`ledger::DURABLE_WAIT`], when the answer
//! goes first. A call that was still under way at a kill is not in the ledger. Work that was thrown away in the middle is written
//! down as an estimate.
//!
//! **What a budget holds.** A turn begins while what was spent and what running turns have reserved is below the budget, so
//! parallel turns together pass it by at most one turn's reservation ([`prices::TURN_PROMPT_TOKENS`] and
//! [`prices::TURN_COMPLETION_TOKENS`] at the model's price), as long as no turn costs more than that; what one costs more comes
//! on top. Deliberately absent: what a report shows (`engine/costs`).

pub mod ledger;
mod metered;
mod month;
pub mod prices;
mod writer;

pub use ledger::{Account, Ledger, Paid, Reservation, Spending};
pub use metered::{Metered, ModelOf};
pub use prices::{Price, Prices};
pub use writer::Writer;
