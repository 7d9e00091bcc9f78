// A migration imported as its text.
declare module '*.sql' {
  const sql: string;
  export default sql;
}
