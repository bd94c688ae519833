package page

import _ "embed"

// The files that every page includes. The library's licence must accompany the library.
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
