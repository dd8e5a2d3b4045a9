use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::neighbours;
use crate::wordless;
use crate::workspace::{WASM_TARGET, Workspace, run, step};

const PROFILE: &str = "extension";
/// The program that proves.
const PROVING: &str = "background";

/// Makes sure that the pinned toolchain can build for wasm.
///
/// rust-toolchain.toml names the target, but rustup installs it by itself only together with the
/// toolchain, and not at all with RUSTUP_AUTO_INSTALL=0.
pub fn ensure_target(workspace: &Workspace) -> Result<()> {
    let sysroot = Command::new("rustc")
        .current_dir(&workspace.root)
        .args(["--print", "sysroot"])
        .output()
        .context("rustc could not be started")?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout)?.trim());
    if sysroot
        .join("lib/rustlib")
        .join(WASM_TARGET)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    step(&format!("adding the target {WASM_TARGET}"));
    let mut add = Command::new("rustup");
    add.current_dir(&workspace.root)
        .args(["target", "add", WASM_TARGET]);
    run(&mut add)
        .with_context(|| format!("install the target by hand: rustup target add {WASM_TARGET}"))
}

/// The flags that make wasm independent of where it was built, as cargo `--config` values.
///
/// They join the flags of .cargo/config.toml; in the RUSTFLAGS variable they would replace them.
pub fn cargo_for_wasm(workspace: &Workspace) -> Result<Command> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    let flags: Vec<String> = [
        (home.as_path(), "/cargo"),
        (workspace.root.as_path(), "/assay"),
        (workspace.target_dir.as_path(), "/target"),
    ]
    .iter()
    .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
    // By these names `wordless` knows what a function is of.
    .chain([
        "-Csymbol-mangling-version=v0".to_owned(),
        // What it refers to, `unreached` must know.
        "-Clink-arg=--emit-relocs".to_owned(),
    ])
    .collect();
    let mut cargo = workspace.cargo();
    cargo
        .arg("--config")
        .arg(format!(
            "target.{WASM_TARGET}.rustflags={}",
            serde_json::to_string(&flags)?
        ))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(cargo)
}

/// Builds the extension's wasm programs and writes each with its script into `out`.
pub fn build(workspace: &Workspace, out: &Path) -> Result<()> {
    check_versions(workspace)?;
    let programs = workspace.targets("assay", "bin")?;
    if programs.is_empty() {
        bail!("the package `assay` has no programs in src/bin");
    }
    ensure_target(workspace)?;
    step("building the extension's wasm");
    let mut cargo = cargo_for_wasm(workspace)?;
    cargo.args(["build", "--locked", "--package", "assay", "--bins"]);
    cargo.args(["--target", WASM_TARGET, "--profile", PROFILE]);
    run(&mut cargo)?;
    for program in programs {
        let wasm = workspace
            .target_dir
            .join(WASM_TARGET)
            .join(PROFILE)
            .join(format!("{program}.wasm"));
        bind(&wasm, &program, out)?;
    }
    Ok(())
}

/// Builds what the benchmark of proofs runs in the browser, as the extension's wasm is built, and
/// says where it is.
pub fn build_speed(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = cargo_for_wasm(workspace)?;
    cargo.args(["build", "--locked", "--package", "assay-speed", "--lib"]);
    cargo.args(["--target", WASM_TARGET, "--profile", PROFILE]);
    run(&mut cargo)?;
    let built = workspace.target_dir.join(WASM_TARGET).join(PROFILE);
    let out = workspace.target_dir.join("bench/speed-wasm");
    bind(&built.join("assay_speed.wasm"), "assay_speed", &out)?;
    Ok(out)
}

/// Runs wasm-bindgen on one program.
fn bind(wasm: &Path, name: &str, out: &Path) -> Result<()> {
    let read = || format!("{} could not be read", wasm.display());
    let bytes = fs::read(wasm).with_context(read)?;
    let mut module = walrus::Module::from_buffer(&bytes).with_context(read)?;
    let taken = wordless::take_out(&mut module, &bytes, name != PROVING)
        .with_context(|| format!("{} could not be made smaller", wasm.display()))?;
    // They are where proofs are. A compiler that names functions otherwise would let them come
    // back unnoticed.
    if taken == 0 && name == PROVING {
        bail!(
            "no function of {} writes the words of a date's errors",
            wasm.display()
        );
    }
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_bytes(name, module.emit_wasm())
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .with_context(|| format!("wasm-bindgen could not process {}", wasm.display()))?;
    let bound = out.join(format!("{name}_bg.wasm"));
    let told = || format!("{} could not be put in order", bound.display());
    let moved = neighbours::put_side_by_side(&fs::read(&bound).with_context(told)?);
    fs::write(&bound, moved.with_context(told)?).with_context(told)
}

/// wasm-bindgen's two halves speak a private format that changes with every release.
fn check_versions(workspace: &Workspace) -> Result<()> {
    let library = workspace.locked_version("wasm-bindgen")?;
    let tool = workspace.locked_version("wasm-bindgen-cli-support")?;
    if library == tool {
        return Ok(());
    }
    bail!(
        "wasm-bindgen is {library} and wasm-bindgen-cli-support is {tool}, but they must be equal: \
         set `wasm-bindgen-cli-support = \"={library}\"` in xtask/Cargo.toml and run `cargo update \
         -p wasm-bindgen-cli-support`"
    )
}
