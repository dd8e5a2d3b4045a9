//! What a program no longer reaches once some of its functions do nothing.
//!
//! The linker leaves out what nothing refers to, but it has done its work before `wordless` takes
//! functions out. What only those referred to stays: texts, tables of methods, and the functions in
//! them. Asked for its relocations (`--emit-relocs`), the linker says which function and which piece
//! of data refers to which, so that the same can be found once more
//! (WebAssembly tool conventions, Linking.md).
//!
//! The places that panics name go as well: in the program that may be no larger all of them, in others
//! those of libraries.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result, bail};
use wasmparser::{
    KnownCustom, Linking, Operator, Parser, Payload, RelocationType, SymbolInfo, TypeRef,
};

/// Where the places of panics are named that stay.
const OWN_PLACES: [&[u8]; 2] = [b"src/", b"crates/"];

/// A place: a text's address and length, a line and a column (`core::panic::Location`).
const PLACE: Range<usize> = 0..16;

/// What nothing reaches.
#[derive(Debug, Default)]
pub struct Unreached {
    /// The functions' indices.
    pub functions: BTreeSet<u32>,
    /// What of each data segment.
    pub data: Vec<Vec<Range<usize>>>,
    /// The places of panics in each data segment that shall name nothing.
    pub places: Vec<Vec<usize>>,
}

/// From how many bytes on a piece of data is a table, which those functions do not need that know ASCII
/// alone.
const TABLE: usize = 8 * 1024;

/// Finds what nothing reaches in a program with relocations, of which the functions with the indices in
/// `silent` do nothing, and those in `ascii` need no large table. `keeps_own` says whether panics in this
/// project go on telling where.
pub fn find(
    wasm: &[u8],
    silent: &BTreeSet<u32>,
    ascii: &BTreeSet<u32>,
    keeps_own: bool,
) -> Result<Unreached> {
    let program = Program::read(wasm)?;
    let places = program.places(keeps_own);
    let reached = program.reach(silent, ascii, &places);
    let mut unreached = Unreached {
        data: vec![Vec::new(); program.segments.len()],
        places: vec![Vec::new(); program.segments.len()],
        ..Unreached::default()
    };
    let functions = program.imported..program.imported + u32::try_from(program.bodies.len())?;
    unreached.functions = functions
        .filter(|function| !reached.functions.contains(function))
        .collect();
    for &(segment, start) in &places {
        unreached.places[segment].push(start);
    }
    for (segment, bytes) in program.segments.iter().enumerate() {
        // What two symbols share stays if one of them is reached.
        let mut is_dead = vec![false; bytes.len()];
        for keep in [false, true] {
            for (symbol, data) in program.data.iter().enumerate() {
                let is_reached = reached.data.contains(&symbol);
                if data.segment == segment && is_reached == keep {
                    is_dead[data.range.clone()].fill(!keep);
                }
            }
        }
        let mut at = 0;
        for run in is_dead.chunk_by(|one, next| one == next) {
            if run[0] {
                unreached.data[segment].push(at..at + run.len());
            }
            at += run.len();
        }
    }
    Ok(unreached)
}

/// What one thing refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reference {
    Function(u32),
    /// The index in `Program::data`.
    Data(usize),
}

/// A piece of data that the linker has a name for.
#[derive(Debug)]
struct Piece {
    segment: usize,
    range: Range<usize>,
    refers: Vec<(usize, Reference)>,
}

#[derive(Debug, Default)]
struct Program<'a> {
    imported: u32,
    exported: Vec<u32>,
    /// What each function that is not imported refers to.
    bodies: Vec<BTreeSet<Reference>>,
    segments: Vec<&'a [u8]>,
    data: Vec<Piece>,
}

#[derive(Debug, Default)]
struct Reached {
    functions: BTreeSet<u32>,
    data: BTreeSet<usize>,
}

impl<'a> Program<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut program = Self::default();
        // Relocations count from where a section's content begins.
        let (mut code_start, mut data_start) = (0, 0);
        let (mut bodies, mut segments) = (Vec::new(), Vec::new());
        let mut symbols = Vec::new();
        let mut relocations = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        program.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            program.exported.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => program.exported.push(func),
                Payload::CodeSectionStart { range, .. } => code_start = range.start,
                Payload::CodeSectionEntry(body) => {
                    let mut called = BTreeSet::new();
                    for operator in body.get_operators_reader()? {
                        if let Operator::Call { function_index }
                        | Operator::ReturnCall { function_index }
                        | Operator::RefFunc { function_index } = operator?
                        {
                            called.insert(Reference::Function(function_index));
                        }
                    }
                    bodies.push(body.range());
                    program.bodies.push(called);
                }
                Payload::DataSection(data) => {
                    data_start = data.range().start;
                    for segment in data {
                        let segment = segment?;
                        // The bytes are the last of what a segment has.
                        segments.push(segment.range.end - segment.data.len()..segment.range.end);
                        program.segments.push(segment.data);
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            if let Linking::SymbolTable(table) = part? {
                                for symbol in table {
                                    symbols.push(symbol?);
                                }
                            }
                        }
                    }
                    KnownCustom::Reloc(section) => {
                        let start = match custom.name() {
                            "reloc.CODE" => code_start,
                            "reloc.DATA" => data_start,
                            _ => continue,
                        };
                        for entry in section.entries() {
                            let entry = entry?;
                            relocations.push((start + entry.offset as usize, entry));
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        if relocations.is_empty() {
            bail!("the program has no relocations: was it linked with --emit-relocs?");
        }
        let mut pieces = BTreeMap::new();
        for (index, symbol) in symbols.iter().enumerate() {
            let SymbolInfo::Data {
                symbol: Some(defined),
                ..
            } = symbol
            else {
                continue;
            };
            let segment = defined.index as usize;
            let start = defined.offset as usize;
            let range = start..start + defined.size as usize;
            // What begins as zeros, the linker keeps in no segment.
            if program
                .segments
                .get(segment)
                .is_none_or(|bytes| bytes.len() < range.end)
            {
                continue;
            }
            pieces.insert(index, program.data.len());
            program.data.push(Piece {
                segment,
                range,
                refers: Vec::new(),
            });
        }
        let mut by_place: Vec<(Range<usize>, usize)> = (program.data.iter().enumerate())
            .map(|(piece, data)| {
                let start = segments[data.segment].start;
                (start + data.range.start..start + data.range.end, piece)
            })
            .collect();
        by_place.sort_by_key(|(range, _)| (range.start, range.end));
        for (at, entry) in relocations {
            let symbol = symbols
                .get(entry.index as usize)
                .filter(|_| entry.ty != RelocationType::TypeIndexLeb);
            let reference = match symbol {
                Some(SymbolInfo::Func { index, .. }) => Reference::Function(*index),
                Some(SymbolInfo::Data { .. }) => match pieces.get(&(entry.index as usize)) {
                    Some(&piece) => Reference::Data(piece),
                    None => continue,
                },
                _ => continue,
            };
            if let Ok(body) = bodies.binary_search_by(|body| compare(body, at)) {
                program.bodies[body].insert(reference);
                continue;
            }
            let before = by_place.partition_point(|(range, _)| range.start <= at);
            let piece = by_place[..before]
                .iter()
                .rev()
                .find(|(range, _)| range.contains(&at))
                .context("a relocation lies in no function and no piece of data")?;
            let own = &mut program.data[piece.1];
            let within = at - piece.0.start;
            own.refers.push((within, reference));
        }
        Ok(program)
    }

    /// The places of panics, perhaps without those in this project: segment and offset.
    fn places(&self, keeps_own: bool) -> BTreeSet<(usize, usize)> {
        let is_place = |piece: &&Piece| {
            let [(0, Reference::Data(text))] = piece.refers[..] else {
                return false;
            };
            let text = &self.data[text];
            let text = &self.segments[text.segment][text.range.clone()];
            // It ends as texts do in C, and the place does not count that.
            let text = text.strip_suffix(b"\0").unwrap_or(text);
            let bytes = &self.segments[piece.segment][piece.range.clone()];
            piece.range.len() == PLACE.len()
                && text.ends_with(b".rs")
                && bytes[4..8] == u32::try_from(text.len()).unwrap_or_default().to_le_bytes()
                && !(keeps_own && OWN_PLACES.iter().any(|own| text.starts_with(own)))
        };
        let places = self.data.iter().filter(is_place);
        places
            .map(|piece| (piece.segment, piece.range.start))
            .collect()
    }

    fn reach(
        &self,
        silent: &BTreeSet<u32>,
        ascii: &BTreeSet<u32>,
        places: &BTreeSet<(usize, usize)>,
    ) -> Reached {
        let mut reached = Reached::default();
        let mut next: Vec<Reference> = self
            .exported
            .iter()
            .map(|&index| Reference::Function(index))
            .collect();
        while let Some(reference) = next.pop() {
            match reference {
                Reference::Function(function) => {
                    if !reached.functions.insert(function) || silent.contains(&function) {
                        continue;
                    }
                    if let Some(own) = function.checked_sub(self.imported) {
                        let is_table = |reference: &Reference| match reference {
                            Reference::Data(index) => self.data[*index].range.len() >= TABLE,
                            Reference::Function(_) => false,
                        };
                        let knows_ascii = ascii.contains(&function);
                        let all = self.bodies[own as usize].iter().copied();
                        next.extend(all.filter(|one| !(knows_ascii && is_table(one))));
                    }
                }
                Reference::Data(index) => {
                    let piece = &self.data[index];
                    if reached.data.insert(index)
                        && !places.contains(&(piece.segment, piece.range.start))
                    {
                        next.extend(piece.refers.iter().map(|(_, reference)| *reference));
                    }
                }
            }
        }
        reached
    }
}

fn compare(range: &Range<usize>, at: usize) -> std::cmp::Ordering {
    if range.end <= at {
        std::cmp::Ordering::Less
    } else if range.start > at {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, ExportKind,
        ExportSection, Function, FunctionSection, LinkingSection, MemorySection, MemoryType,
        Module, SymbolTable, TypeSection,
    };

    /// A relocation entry, as small numbers need no more than a byte (Linking.md, "Relocation
    /// Sections").
    struct Entry {
        kind: RelocationType,
        offset: u8,
        symbol: u8,
    }

    /// Function 0 is exported, calls function 1, and names the first text. Function 1 names the
    /// second text and a table of methods, in which function 2 is. The place of a panic in function 0
    /// is in a library.
    fn program() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        let mut memory = MemorySection::new();
        memory.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut exports = ExportSection::new();
        exports.export("first", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        for calls in [Some(1), None, None] {
            functions.function(0);
            let mut function = Function::new([]);
            if let Some(called) = calls {
                function.instructions().call(called);
            }
            for value in [1, 2, 3] {
                function.instructions().i32_const(value).drop();
            }
            function.instructions().end();
            code.function(&function);
        }
        // two texts of 8, a table of 4, a place of 16, its text of 7, a text of this project
        let mut bytes = b"firsttxt2ndtext!\x02\0\0\0".to_vec();
        bytes.extend([0, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0]);
        bytes.extend(b"/lib.rs");
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(1024), bytes);
        let mut symbols = SymbolTable::new();
        for (name, offset, size) in [
            ("first", 0, 8),
            ("second", 8, 8),
            ("methods", 16, 4),
            ("place", 20, 16),
            ("library", 36, 7),
        ] {
            let defined = DataSymbolDefinition {
                index: 0,
                offset,
                size,
            };
            symbols.data(0, name, Some(defined));
        }
        symbols.function(0, 2, Some("method"));
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        // The section's content: the number of functions (1 byte), then each with its length (1), the
        // number of its locals (1) and its instructions; `call` takes 2, each number with its drop 3.
        let in_code = |function: u8, number: u8| {
            let start = [3, 3 + 14, 3 + 14 + 12][function as usize];
            start + if function == 0 { 2 } else { 0 } + 3 * number + 1
        };
        let of_code = [
            (in_code(0, 0), 0),
            (in_code(0, 1), 3),
            (in_code(1, 0), 1),
            (in_code(1, 1), 2),
        ]
        .map(|(offset, symbol)| Entry {
            kind: RelocationType::MemoryAddrSleb,
            offset,
            symbol,
        });
        // The section's content: the number of segments, flags, the address (4 bytes), the length.
        let of_data = [
            Entry {
                kind: RelocationType::TableIndexI32,
                offset: 7 + 16,
                symbol: 5,
            },
            Entry {
                kind: RelocationType::MemoryAddrI32,
                offset: 7 + 20,
                symbol: 4,
            },
        ];
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memory);
        module.section(&exports).section(&code).section(&data);
        module.section(&linking);
        for (name, section, entries) in [
            ("reloc.CODE", 4, &of_code[..]),
            ("reloc.DATA", 5, &of_data[..]),
        ] {
            let mut content = vec![section, u8::try_from(entries.len()).expect("a few")];
            for entry in entries {
                content.extend([entry.kind as u8, entry.offset, entry.symbol]);
                if entry.kind != RelocationType::TableIndexI32 {
                    content.push(0);
                }
            }
            module.section(&CustomSection {
                name: name.into(),
                data: content.into(),
            });
        }
        module.finish()
    }

    #[test]
    fn what_only_a_silent_function_refers_to_is_not_reached() -> Result<()> {
        let all = find(&program(), &BTreeSet::new(), &BTreeSet::new(), true)?;
        assert_eq!(all.functions, BTreeSet::new());
        // The place's text is not read any more.
        let text = 36..43;
        assert_eq!(all.data, [vec![text]]);
        assert_eq!(all.places, [vec![20]]);

        let less = find(&program(), &BTreeSet::from([1]), &BTreeSet::new(), true)?;
        assert_eq!(less.functions, BTreeSet::from([2]));
        assert_eq!(less.data, [vec![8..20, 36..43]]);
        Ok(())
    }

    #[test]
    fn a_program_without_relocations_is_refused() {
        assert!(
            find(
                &Module::new().finish(),
                &BTreeSet::new(),
                &BTreeSet::new(),
                true
            )
            .is_err()
        );
    }
}
