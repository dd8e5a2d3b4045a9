// Loads the pages' wasm and starts it. Everything else is decided in there.
import init, { start } from "./wasm/pages.js";

await init();
await start();
