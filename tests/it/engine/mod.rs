//! The engine's services, without a door.

mod waiting;
