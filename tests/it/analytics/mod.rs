//! The figures: kept by a projector that may be killed anywhere, made anew from the logs, and the same as counting by hand.

mod command;
mod ledger;
mod projection;
mod reports;
mod rows;
mod town;
