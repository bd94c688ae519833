package page

import _ "embed"

// What every page carries with it. The library's licence asks to be wherever the library is.
var (
	//go:embed uplot/uPlot.iife.min.js
	library string
	//go:embed uplot/uPlot.min.css
	libraryStyle string
	//go:embed uplot/LICENSE
	libraryLicence string

	//go:embed tools.js
	tools string
	//go:embed page.js
	script string
	//go:embed page.css
	style string
)
