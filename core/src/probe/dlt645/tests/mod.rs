//! Whole readouts of virtual meters through a beam of light, and captures from the field.

mod arbitrary;
mod beam;
mod captures;
mod extras;
mod field_problems;
mod light;
mod meter;
mod readouts;
