//! Holds the shape of the tree: who may import whom, lengths, first lines, leftovers. Reads source text only.

mod imports;
mod leftovers;
mod lengths;
mod source;
