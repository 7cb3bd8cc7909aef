//! The one handle that doors hold: a small service per noun.

pub mod accounts;
