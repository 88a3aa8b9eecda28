/**
 * Programs of WebAssembly, and the memory that each of them exports.
 */

export interface Memory {
  /** Of 64 KiB for each page. */
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
}

/** As far as it is used here. */
interface Engine {
  readonly WebAssembly: {
    readonly Module: new (octets: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: unknown }
  }
}

const { WebAssembly } = globalThis as unknown as Engine

/** Compiles octets in base 64, which `npm run vectors` wrote; gives what makes one with a memory of its own. */
export const compile = <Exports extends Memory>(base64: string): (() => Exports) => {
  const program = new WebAssembly.Module(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))
  // What it exports is in the source of those octets.
  return () => new WebAssembly.Instance(program).exports as Exports
}
