//! retold: reads what many outlets published in a night and writes one canonical, explained,
//! reviewable list of events. The modules in reading order:

pub mod error;
pub mod model;

pub mod algo;

pub mod render;
pub mod source;
pub mod stage;
pub mod store;

pub mod settings;

pub mod engine;

pub mod pipeline;

pub mod progress;

pub mod cli;
