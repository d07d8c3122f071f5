import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const TESTS = ["**/*.test.ts", "e2e/**/*.ts"];
const PROGRAMS = [
  "packages/cli/**",
  "scripts/**",
  "examples/**",
  "bench/**",
  "e2e/**",
  "chaos/**",
  "soak/**",
  "simulation/**",
  "**/*.mjs",
];

/** The limits of size: a file, a function, a parameter list that outgrows them wants a seam. */
const sizes = {
  "max-lines": ["error", { max: 400 }],
  "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
  "max-params": ["error", { max: 3 }],
};

const plain = {
  eqeqeq: "error",
  "no-console": "error",
  "no-var": "error",
  "prefer-const": "error",
  ...sizes,
};

const typed = {
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/switch-exhaustiveness-check": [
    "error",
    { considerDefaultExhaustiveForUnions: true },
  ],
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/no-non-null-assertion": "error",
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/no-unused-vars": [
    "error",
    { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
  ],
  "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
  "@typescript-eslint/require-await": "off",
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
};

const inTests = {
  "@typescript-eslint/no-non-null-assertion": "off",
  "@typescript-eslint/no-unsafe-argument": "off",
  "@typescript-eslint/no-unsafe-assignment": "off",
  "@typescript-eslint/no-unsafe-call": "off",
  "@typescript-eslint/no-unsafe-member-access": "off",
  "@typescript-eslint/no-unsafe-return": "off",
  "@typescript-eslint/unbound-method": "off",
  "max-lines": ["error", { max: 600 }],
  "max-lines-per-function": "off",
};

export default defineConfig(
  globalIgnores(["**/dist/", "**/coverage/", "**/*.generated.*", "**/.conveyor/", ".mutation/"]),
  { files: ["**/*.ts", "**/*.mjs", "**/*.js"], rules: plain },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    // One program for everything: the packages' own projects leave their tests out.
    languageOptions: {
      parserOptions: { project: "./tsconfig.check.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: typed,
  },
  { files: PROGRAMS, rules: { "no-console": "off" } },
  { files: TESTS, rules: inTests },
  { files: ["**/*.test.mjs"], rules: { "max-lines-per-function": "off" } },
);
