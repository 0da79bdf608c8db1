//! Whole readouts: virtual meters on a wire of bits, transcripts played back, captures from the field.

mod arbitrary;
mod bench;
mod beside;
mod captures;
mod decode;
mod driving;
mod dumps;
mod field_problems;
mod known;
mod leaving;
mod listening;
mod meter;
mod mode_e;
mod modes;
mod one_wrong_bit;
mod pace;
mod programming;
mod push;
mod push_meter;
mod reading;
mod replay;
mod sml;
mod sml_meter;
mod street;
mod terminal;
mod wire;
