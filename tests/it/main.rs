//! Every integration test, as one binary: a folder per subject. Names of tests are sentences.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod accounts;
mod analytics;
mod assistant;
mod browser;
mod care;
mod channels;
mod console;
mod cost;
mod descriptions;
mod desk;
mod documents;
mod drift;
mod engine;
mod evaluation;
mod files;
mod http;
mod knowledge;
mod mail;
mod memory;
mod platform;
mod privacy;
mod realtime;
mod restart;
mod rooms;
mod rules;
mod store;
mod support;
mod tidy;
mod voice;
mod webhooks;
