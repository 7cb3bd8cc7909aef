//! Real processes: the main job in a terminal, kills, stops, bad settings.

mod chat;
mod conversation;
mod crash;
mod drain;
mod start;
mod turns;
