package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostile returns sections with characters that are special to a terminal, a browser and Markdown.
func hostile() []Section {
	return []Section{
		{Title: "Not <held>:", Level: Bad, Lines: [][]Cell{{{Text: "  </script><script>alert(1)</script>", Level: Bad}}, Text("1. a\nb"), Text("- `x` | [y](z)")}},
		{
			Lines:  [][]Cell{{{Text: "Verdict:"}, {Text: "a|b", Level: Warn}}, Text("only")},
			Header: []string{"MEMBER", "N"}, Rows: [][]Cell{{{Text: `"'&\`}, {Text: "1,234"}}, {{Text: "\x1b[31mred\x9b", Level: Good}, {Text: "-"}}, Text("short")},
		},
	}
}

func TestHTMLEscapes(t *testing.T) {
	const want = `<section>
<h2 class="bad">Not &lt;held&gt;</h2>
<div class="scroll"><ul>
<li class="bad">&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;</li>
<li>1. a\nb</li>
<li>- ` + "`x`" + ` | [y](z)</li>
</ul></div>
</section>
<section>
<div class="scroll"><table class="lines">
<tr><th scope="row">Verdict</th><td class="warn">a|b</td></tr>
<tr><th scope="row">only</th><td></td></tr>
</table></div>
<div class="scroll"><table>
<thead><tr><th scope="col">MEMBER</th><th scope="col" class="number">N</th></tr></thead>
<tbody>
<tr><td>&#34;&#39;&amp;\</td><td class="number">1,234</td></tr>
<tr><td class="good">^[[31mred\x9b</td><td class="number">-</td></tr>
<tr><td>short</td></tr>
</tbody>
</table></div>
</section>
`
	var got strings.Builder
	if err := HTML(&got, hostile()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	const want = `### Not &lt;held\>

- **&lt;/script\>&lt;script\>alert(1)&lt;/script\>**
- 1\. a\\nb
- \- \` + "`x\\`" + ` \| \[y\](z)

| | |
| --- | --- |
| Verdict: | a\|b |
| only | |

| MEMBER | N |
| --- | ---: |
| "'&amp;\\ | 1,234 |
| ^\[\[31mred\\x9b | - |
| short | |
`
	var got strings.Builder
	if err := Markdown(&got, hostile()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func FuzzHTMLText(f *testing.F) {
	f.Add("</script>\x00\n<a href='x'>")
	f.Fuzz(func(t *testing.T, s string) {
		if got := HTMLText(s); strings.ContainsAny(got, "<>\"'\n\x00") {
			t.Errorf("HTMLText(%q) = %q", s, got)
		}
	})
}

// FuzzMarkdownText: no text leaves its cell or becomes HTML.
func FuzzMarkdownText(f *testing.F) {
	f.Add("a|b\\|c\n<b>&amp;")
	f.Fuzz(func(t *testing.T, s string) {
		got := MarkdownText(s)
		rest := strings.NewReplacer(`\\`, "", `\|`, "").Replace(got)
		if strings.ContainsAny(got, "<\n") || strings.Contains(rest, "|") {
			t.Errorf("MarkdownText(%q) = %q", s, got)
		}
	})
}
