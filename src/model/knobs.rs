//! A knob is defined once: field, doc, default and range stand together in the stage that uses it.

/// A knob as pipeline.toml, `retold schema` and the README show it.
#[derive(Clone, Debug)]
pub struct Knob {
    /// The section of pipeline.toml: `pair`.
    pub section: &'static str,
    /// The key in it: `neighbours`.
    pub name: &'static str,
    /// What it does, one line per element.
    pub doc: Vec<&'static str>,
    /// Its default as TOML.
    pub default: String,
    /// The allowed range, both ends included.
    pub range: Option<(f64, f64)>,
}

impl Knob {
    /// The range in words, as errors and tables print it.
    pub fn range_text(&self) -> Option<String> {
        self.range.map(|(lo, hi)| format!("{lo} to {hi}"))
    }
}

/// A value outside of its knob's range.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfRange {
    /// `section.key`.
    pub key: String,
    /// What was written.
    pub value: f64,
    /// The allowed range, both ends included.
    pub range: (f64, f64),
}

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {}; it must be from {} to {}", self.key, self.value, self.range.0, self.range.1)
    }
}

/// Defines a section of pipeline.toml: a struct whose fields are knobs, each with its doc, default
/// and, for numbers, the allowed range. Makes `Default`, `knobs()` and `check()` of it.
#[macro_export]
macro_rules! knobs {
    (
        $(#[doc = $sdoc:literal])+
        $vis:vis struct $name:ident in $section:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $ty:ty = $default:expr $(, $lo:literal ..= $hi:literal)? ; )*
            $( table $(#[doc = $tdoc:literal])+ $tfield:ident : $tty:ty ; )*
        }
    ) => {
        $(#[doc = $sdoc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name {
            $( $(#[doc = $doc])+ $(#[schemars(range(min = $lo, max = $hi))])? pub $field: $ty, )*
            $( $(#[doc = $tdoc])+ pub $tfield: $tty, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* $( $tfield: Default::default(), )* }
            }
        }

        impl $name {
            /// The section of pipeline.toml.
            pub const SECTION: &'static str = $section;

            /// Every knob, in the order in which it is documented.
            #[allow(clippy::vec_init_then_push)]
            pub fn knobs() -> Vec<$crate::model::knobs::Knob> {
                let default = Self::default();
                let _ = &default;
                let mut knobs = Vec::new();
                $( knobs.push($crate::model::knobs::Knob {
                    section: $section,
                    name: stringify!($field),
                    doc: vec![$($doc.trim()),+],
                    default: toml::Value::try_from(&default.$field).map(|v| v.to_string()).unwrap_or_default(),
                    range: { #[allow(unused_mut, unused_assignments)] let mut r = None; $( r = Some(($lo as f64, $hi as f64)); )? r },
                }); )*
                $( knobs.extend(<$tty>::knobs()); )*
                knobs
            }

            /// Whether every number lies in its range.
            ///
            /// # Errors
            /// The first that does not.
            pub fn check(&self) -> Result<(), $crate::model::knobs::OutOfRange> {
                $( $( {
                    let value = self.$field as f64;
                    if !(($lo as f64)..=($hi as f64)).contains(&value) {
                        return Err($crate::model::knobs::OutOfRange {
                            key: concat!($section, ".", stringify!($field)).into(), value, range: ($lo as f64, $hi as f64),
                        });
                    }
                } )? )*
                $( self.$tfield.check()?; )*
                Ok(())
            }
        }
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    knobs! {
        /// A section.
        pub struct Sample in "sample" {
            /// How many.
            count: usize = 3, 1..=9;
            /// Whether.
            on: bool = true;
            /// A share.
            share: f64 = 0.5, 0.0..=1.0;
        }
    }

    #[test]
    fn a_knob_is_defined_once_and_known_everywhere() {
        assert_eq!(Sample::SECTION, "sample");
        let knobs = Sample::knobs();
        assert_eq!(knobs.iter().map(|k| k.name).collect::<Vec<_>>(), ["count", "on", "share"]);
        assert_eq!(knobs[0].default, "3");
        assert_eq!(knobs[2].range, Some((0.0, 1.0)));
        assert_eq!(knobs[0].doc, ["How many."]);
    }

    #[test]
    fn a_value_outside_its_range_is_named_with_the_range() {
        let error = Sample { count: 12, ..Sample::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "sample.count is 12; it must be from 1 to 9");
        assert!(Sample { share: f64::NAN, ..Sample::default() }.check().is_err());
        assert!(Sample::default().check().is_ok());
    }
}
