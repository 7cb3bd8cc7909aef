//! What channels speak, held against what the outside really sends.

mod email;
