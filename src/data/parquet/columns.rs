//! Which columns of a Parquet file are read, and why others cannot be.

use crate::{Error, Result};
use polars::prelude::{ArrowDataType, ArrowSchema};

/// The places of the columns asked for.
pub(super) fn select(place: &str, schema: &ArrowSchema, columns: &[&str]) -> Result<Vec<usize>> {
    let fault = |problem: String, remedy: String| Error::File {
        place: place.into(),
        problem,
        remedy,
    };
    let numbers = schema.iter_values().enumerate();
    let numbers = numbers.filter(|(_, field)| kind(&field.dtype).is_none());
    if columns.is_empty() {
        let all: Vec<usize> = numbers.map(|(place, _)| place).collect();
        if all.is_empty() {
            let remedy = "Turn columns into integers or floating-point numbers first";
            return Err(fault("there is no column of numbers".into(), remedy.into()));
        }
        return Ok(all);
    }
    let names: Vec<String> = numbers
        .map(|(_, field)| format!("{:?}", field.name.as_str()))
        .collect();
    let there_are = format!("The columns of numbers are {}", names.join(", "));
    let mut places = Vec::new();
    for name in columns {
        let Some((place, _, field)) = schema.get_full(name) else {
            return Err(fault(format!("there is no column {name:?}"), there_are));
        };
        if let Some(kind) = kind(&field.dtype) {
            let problem = format!("the column {name:?} holds {kind}, but numbers were expected");
            return Err(fault(problem, there_are));
        }
        if places.contains(&place) {
            return Err(Error::Parameter {
                name: "The list of columns".into(),
                found: format!("one with {name:?} twice"),
                expected:
                    "one that names each column once: two equal columns have no inverse covariance"
                        .into(),
            });
        }
        places.push(place);
    }
    Ok(places)
}

/// What a column holds, if not numbers.
fn kind(dtype: &ArrowDataType) -> Option<&'static str> {
    use ArrowDataType as Type;
    match dtype {
        Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::UInt8
        | Type::UInt16
        | Type::UInt32
        | Type::UInt64
        | Type::Float32
        | Type::Float64 => None,
        Type::Utf8 | Type::LargeUtf8 | Type::Utf8View | Type::Dictionary(..) => Some("text"),
        Type::Boolean => Some("yes and no (booleans)"),
        Type::Date32 | Type::Date64 | Type::Timestamp(..) => Some("dates"),
        Type::Time32(_) | Type::Time64(_) | Type::Duration(_) => Some("times"),
        Type::List(_) | Type::LargeList(_) | Type::FixedSizeList(..) => Some("lists"),
        Type::Decimal(..) => Some("decimals"),
        _ => Some("values of another kind"),
    }
}
