//! The structure of a mail (RFC 2045 to 2049, 2183, 2231), read with bounds of our own.
//!
//! `mail-parser` has a reader of whole mails too. It is not used, because what a stranger sends decides about our time and stack
//! there: a mail in a mail in a mail is dropped recursively, and each boundary that never comes is looked for to the end.

pub(super) mod charset;
pub(super) mod encoded;
pub(super) mod header;
pub(super) mod parameter;
pub(super) mod transfer;
pub(super) mod tree;
