// Jest's side of the bundle's text loaders: a migration or a page is imported as its text.
module.exports = { process: (text) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(text)} };` }) };
