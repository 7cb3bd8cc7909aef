//! The platform dialect, as its clients use it.

mod messages;
