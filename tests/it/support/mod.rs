//! What several subjects' tests need.

pub(crate) mod app;
pub(crate) mod certificates;
pub(crate) mod clock;
pub(crate) mod double;
pub(crate) mod dovecot;
pub(crate) mod ending;
pub(crate) mod imap;
pub(crate) mod index;
pub(crate) mod kv;
pub(crate) mod llm;
pub(crate) mod meta;
pub(crate) mod pipe;
pub(crate) mod provider;
pub(crate) mod proxy;
pub(crate) mod rest;
pub(crate) mod s3;
pub(crate) mod said;
pub(crate) mod smtp;
pub(crate) mod socketio;
pub(crate) mod ways;
pub(crate) mod ws;
