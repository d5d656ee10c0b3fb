//! The one integration-test binary: the rules of the house, and the real program driven from outside.

mod cli;
mod fit;
mod house;
