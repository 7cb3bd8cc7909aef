//! What carriers of messages say, read as the channels read it.

mod email;
mod table;
mod whatsapp;
