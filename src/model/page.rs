//! The data of the report page: what `stage::report` makes and `render::html` draws.
