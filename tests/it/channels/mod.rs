//! What carriers of messages say, read as the channels read it.

mod table;
mod whatsapp;
