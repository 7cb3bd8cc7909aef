//! What is known is found, by nobody else, and whatever happened to the index.

mod embedders;
mod finding;
mod following;
mod journal;
mod support;
