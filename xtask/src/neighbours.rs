//! Puts functions that resemble each other side by side.
//!
//! A package is compressed with deflate, which finds only what was said within the last 32 KiB (RFC
//! 1951, section 2). A program has much that is said again and again, one generic function made for
//! many types above all, and the linker strews it over more than a megabyte. In another order the
//! same functions take a twentieth less.

use anyhow::{Context, Result};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef, Validator};

/// So many bytes in a row are compared.
const ROW: usize = 5;

/// A row that so many functions have says nothing.
const COMMON: usize = 200;

/// The next function is the one that resembles the last ones most: so many of them.
const LOOK_BACK: usize = 8;

/// A long function resembles others by its length alone, a short one by nothing: so much is added to
/// the number of a function's rows before what it shares is divided by it.
const BASE: f64 = 1200.0;

/// The same program in a better order.
pub fn put_side_by_side(wasm: &[u8]) -> Result<Vec<u8>> {
    let (imported, bodies) = functions(wasm)?;
    let order = order(&bodies);
    let mut places = vec![0; order.len()];
    for (place, &function) in order.iter().enumerate() {
        places[function] = u32::try_from(place)?;
    }
    let mut moved = Module::new();
    Moving {
        imported,
        order,
        places,
    }
    .parse_core_module(&mut moved, Parser::new(0), wasm)
    .context("a program could not be put into another order")?;
    let moved = moved.finish();
    Validator::new()
        .validate_all(&moved)
        .context("a program in another order is none")?;
    Ok(moved)
}

/// How many functions are imported, and the bytes of the others.
fn functions(wasm: &[u8]) -> Result<(u32, Vec<&[u8]>)> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    Ok((imported, bodies))
}

/// The numbers of the functions in the order in which they resemble each other. It follows from
/// their bytes alone.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let rows: Vec<BTreeSet<u32>> = bodies.iter().map(|body| rows(body)).collect();
    let mut having: HashMap<u32, Vec<usize>> = HashMap::new();
    for (function, rows) in rows.iter().enumerate() {
        for &row in rows {
            having.entry(row).or_default().push(function);
        }
    }
    having.retain(|_, functions| (2..COMMON).contains(&functions.len()));
    let mut by_length: Vec<usize> = (0..bodies.len()).collect();
    by_length.sort_by_key(|&function| (bodies[function].len(), function));
    let mut is_left = vec![true; bodies.len()];
    let mut shared = vec![0_u32; bodies.len()];
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    while order.len() < bodies.len() {
        let mut resembling = Vec::new();
        for &last in order.iter().rev().take(LOOK_BACK) {
            let found = rows[last].iter().filter_map(|row| having.get(row));
            for &function in found.flatten().filter(|&&function| is_left[function]) {
                if shared[function] == 0 {
                    resembling.push(function);
                }
                shared[function] += 1;
            }
        }
        let likeness =
            |&function: &usize| f64::from(shared[function]) / (rows[function].len() as f64 + BASE);
        let most = resembling.iter().copied().max_by(|one, other| {
            likeness(one)
                .total_cmp(&likeness(other))
                .then(one.cmp(other))
        });
        let next = most.or_else(|| {
            while by_length.last().is_some_and(|&longest| !is_left[longest]) {
                by_length.pop();
            }
            by_length.last().copied()
        });
        for function in resembling {
            shared[function] = 0;
        }
        let Some(next) = next else { break };
        is_left[next] = false;
        order.push(next);
    }
    order
}

fn rows(body: &[u8]) -> BTreeSet<u32> {
    // FNV-1a.
    let hash = |row: &[u8]| {
        row.iter().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        })
    };
    body.windows(ROW).map(hash).collect()
}

/// Writes a program with its functions in another order.
struct Moving {
    /// These come first, and stay where they are.
    imported: u32,
    /// Which function comes to each place.
    order: Vec<usize>,
    /// The place of each function.
    places: Vec<u32>,
}

impl Reencode for Moving {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let own = function.checked_sub(self.imported);
        let place = own.and_then(|own| self.places.get(own as usize));
        Ok(place.map_or(function, |place| self.imported + place))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for &function in &self.order {
            functions.function(types[function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_comes_together_and_nothing_is_lost() {
        let one: Vec<u8> = (0..=255).collect();
        let other: Vec<u8> = (0..=255).rev().collect();
        let bodies: [&[u8]; 6] = [&one, &other, &one[..200], &other[..200], b"", &one[9..]];
        let order = order(&bodies);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        let place = |function: usize| order.iter().position(|one| *one == function).unwrap_or(9);
        assert_eq!(place(1).abs_diff(place(3)), 1);
        assert!(place(0).abs_diff(place(2)) <= 2 && place(0).abs_diff(place(5)) <= 2);
    }

    #[test]
    fn calls_and_exports_follow() -> Result<()> {
        // Two imports; a long function that calls the second import and the short one, which is
        // exported, and resembles a third.
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [wasm_encoder::ValType::I32]);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import("a", "b", wasm_encoder::EntityType::Function(0));
        imports.import("a", "c", wasm_encoder::EntityType::Function(0));
        let mut functions = FunctionSection::new();
        for of_type in [1, 0, 1] {
            functions.function(of_type);
        }
        let mut exports = wasm_encoder::ExportSection::new();
        exports.export("short", wasm_encoder::ExportKind::Func, 2);
        let mut code = CodeSection::new();
        let number = |calls: &[u32], length: usize| {
            let mut function = wasm_encoder::Function::new([]);
            for &call in calls {
                function.instructions().call(call);
            }
            for value in 0..length {
                let value = i32::try_from(value).unwrap_or_default();
                function.instructions().i32_const(value).drop();
            }
            function.instructions().i32_const(7).end();
            function
        };
        code.function(&number(&[], 10));
        let mut long = wasm_encoder::Function::new([]);
        long.instructions().call(1).call(2).drop();
        for value in 1000..1100 {
            long.instructions().i32_const(value).drop();
        }
        long.instructions().end();
        code.function(&long);
        code.function(&number(&[3], 10));
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions);
        module.section(&exports).section(&code);
        let moved = put_side_by_side(&module.finish())?;
        let (imported, bodies) = super::functions(&moved)?;
        assert_eq!((imported, bodies.len()), (2, 3));
        // The longest comes first; it was the fourth of all.
        let mut calls = Vec::new();
        let mut exported = None;
        for payload in Parser::new(0).parse_all(&moved) {
            match payload? {
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader()? {
                        if let wasmparser::Operator::Call { function_index } = operator? {
                            calls.push(function_index);
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        exported = Some(export?.index);
                    }
                }
                _ => {}
            }
        }
        let short = exported.context("an export")?;
        assert!(short > 2, "it was moved");
        assert_eq!(calls, [1, short, 2]);
        Ok(())
    }
}
