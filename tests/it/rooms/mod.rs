//! The rooms dialect, as its users know it.

mod socket;
