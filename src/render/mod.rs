//! Out to the reader: each output format in its own file.

pub mod html;
