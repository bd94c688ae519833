package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type certificatesDocument struct{ report.Certificates }

// Certificates draws report.Certificates.
func Certificates(c report.Certificates) Document { return certificatesDocument{c} }

type issuedDocument struct{ report.Issued }

// Issued draws report.Issued.
func Issued(i report.Issued) Document { return issuedDocument{i} }

// Sections implements Document.
func (c certificatesDocument) Sections(wide bool) []Section {
	table := Section{Header: []string{"FROM", "SUBJECT", "NAMES", "USAGES", "EXPIRES", "SERVED BY"}}
	if wide {
		table.Header = append(table.Header, "ISSUER", "FINGERPRINT")
	}
	now := time.Now()
	for _, x := range c.Certificates.Certificates {
		row := append(Text(certificateFrom(x), x.Subject, orDash(joinFirst(x.Names, wide)), orDash(strings.Join(x.Usages, ","))), certificateExpires(x, now))
		row = append(row, Text(orDash(joinFirst(x.ServedBy, true)))...)
		if wide {
			row = append(row, Text(x.Issuer, x.Fingerprint)...)
		}
		table.Rows = append(table.Rows, row)
	}
	sections := []Section{table}
	if r := c.Rotation; r != nil {
		under := Section{Title: fmt.Sprintf("Rotation of the CAs: %s", r.Phase)}
		for _, text := range append([]string{r.Message}, strings.Split(r.Remedy, "\n")...) {
			under.Lines = append(under.Lines, Text("  "+text))
		}
		sections = append(sections, under)
	}
	if len(c.Incomplete) > 0 {
		incomplete := Section{Title: "Incomplete:"}
		for _, text := range c.Incomplete {
			incomplete.Lines = append(incomplete.Lines, Text("  "+text))
		}
		sections = append(sections, incomplete)
	}
	return sections
}

func certificateFrom(x report.Certificate) string {
	if x.Note == "" {
		return orDash(x.From)
	}
	return orDash(x.From) + " (" + x.Note + ")"
}

func certificateExpires(x report.Certificate, now time.Time) Cell {
	text := x.NotAfter.Format(time.DateOnly)
	switch left := x.NotAfter.Sub(now); {
	case left < 0:
		return Cell{text + " (expired " + humanize.RelTime(x.NotAfter, now, "ago", "from now") + ")", Bad}
	case left < judge.ExpiresSoon:
		return Cell{text + " (" + humanize.RelTime(x.NotAfter, now, "ago", "from now") + ")", Warn}
	}
	return Cell{text, Good}
}

// joinFirst joins the first items of a list, and counts the others; with all it joins every item.
func joinFirst(list []string, all bool) string {
	const most = 2
	if all || len(list) <= most {
		return strings.Join(list, ",")
	}
	return fmt.Sprintf("%s +%d", strings.Join(list[:most], ","), len(list)-most)
}

// Sections implements Document.
func (i issuedDocument) Sections(bool) []Section {
	where := "secret/" + i.Secret
	if i.Secret == "" {
		where = strings.Join(i.Files, ", ")
	}
	whose := fmt.Sprintf("client %q", i.CommonName)
	if i.CommonName == "" {
		whose = "clients without a user"
	}
	return lines(fmt.Sprintf("certificate for %s, until %s: %s", whose, i.NotAfter.Format(time.RFC3339), where))
}
