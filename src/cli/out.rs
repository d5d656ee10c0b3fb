//! Standard output, for data; a reader that went away ends the command quietly.

use crate::error::{Error, Result};
use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

/// Buffered standard output whose failures are [`Error`]s.
pub struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    /// Takes standard output until it is dropped.
    pub fn lock() -> Out {
        Out(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Prints a line.
    ///
    /// # Errors
    /// It could not be written.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        self.put(|out| writeln!(out, "{text}"))
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// They could not be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.put(|out| out.write_all(bytes))
    }

    /// What others may print to.
    pub fn writer(&mut self) -> &mut impl Write {
        &mut self.0
    }

    /// Prints what is still buffered; to be called at the end.
    ///
    /// # Errors
    /// It could not be written.
    pub fn end(mut self) -> Result<()> {
        self.put(Write::flush)
    }

    fn put(&mut self, write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>) -> Result<()> {
        write(&mut self.0).map_err(Error::io("print", Path::new("standard output")))
    }
}
