package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// word is a string of the output. It is written raw, with an escape for every
// character that a terminal obeys or nobody can see.
type word string

// MarshalJSON writes the string, see [safe.AppendJSON].
func (w word) MarshalJSON() ([]byte, error) { return safe.AppendJSON(nil, string(w)), nil }

// raw gives the value that a visible form stands for; a text with remarks of
// the program in it stands for itself.
func raw(t safe.Text) word {
	if s, err := safe.Decode(t); err == nil {
		return word(s)
	}
	return word(t)
}

// stamp writes a time by RFC 3339 with the offset it came with, "" for none
// and for years that RFC 3339 cannot write.
func stamp(t time.Time) word {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return word(t.Format(time.RFC3339))
}

// The object of one case. Names and order of the keys are a contract.
type (
	caseObject struct {
		Case      word           `json:"case"`
		Recipient word           `json:"recipient"`
		Branch    word           `json:"branch"`
		Outcome   word           `json:"outcome"`
		Rejector  rejectorObject `json:"rejector"`
		Causes    []causeObject  `json:"causes"`
		Cluster   clusterObject  `json:"cluster"`
		Steps     []stepObject   `json:"steps"`
		Letter    letterObject   `json:"letter"`
		DNS       dnsObject      `json:"dns"`

		Compared *comparedObject `json:"compared"` // null where the case has one message

		Authentication []checkObject `json:"authentication,omitempty"` // the scorecard, where the sender's side was looked into

		Suppression *suppressionObject `json:"suppression,omitempty"` // every platform, list and removal; where lists were looked at or a platform was chosen

		Retry []retryObject `json:"retry,omitempty"` // the attempts, where there were any
	}
	checkObject struct {
		Check  word `json:"check"`
		Result word `json:"result"`
		Sign   word `json:"sign"` // holds, fails, attention, missing, asking, or "" for what does not count
		What   word `json:"what"`
		From   word `json:"from"`
	}
	rejectorObject struct {
		Kind       word           `json:"kind"`
		Host       word           `json:"host"`
		Operator   word           `json:"operator"`
		Confidence word           `json:"confidence"`
		Evidence   []claimObject  `json:"evidence"`
		Decided    decisionObject `json:"decided"`
	}
	decisionObject struct {
		Kind       word `json:"kind"`
		Host       word `json:"host"`
		Confidence word `json:"confidence"`
	}
	causeObject struct {
		Cause   word          `json:"cause"`
		Rank    int           `json:"rank"`
		Score   int           `json:"score"`
		For     []claimObject `json:"for"`
		Against []claimObject `json:"against"`
	}
	claimObject struct {
		Claim  word `json:"claim"`
		Source word `json:"source"`
		At     word `json:"at"`
		Sign   word `json:"sign"`
	}
	clusterObject struct {
		Domain     word `json:"domain"`
		Recipients int  `json:"recipients"`
		Advice     word `json:"advice"`
	}
	stepObject struct {
		Step      word          `json:"step"`
		State     word          `json:"state"`
		Reading   word          `json:"reading"`
		Next      word          `json:"next"`
		Questions []word        `json:"questions"`
		Findings  []claimObject `json:"findings"`
	}
	letterObject struct {
		To      word `json:"to"`
		Subject word `json:"subject"`
		Body    word `json:"body"`
	}
	dnsObject struct {
		Asked     int      `json:"asked"`
		ElapsedMS int64    `json:"elapsed_ms"`
		Outcomes  outcomes `json:"outcomes"`
	}
)

// outcomes is written with its keys in order.
type outcomes map[dnsx.Outcome]int

// MarshalJSON writes the counts by the name of the outcome.
func (o outcomes) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, k := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = safe.AppendJSON(out, string(k))
		out = fmt.Appendf(out, ":%d", o[k])
	}
	return append(out, '}'), nil
}

// JSON writes the case as one object on one line. Strings hold raw values, ""
// for what is not known; times are RFC 3339. Lists are never null. Evidence
// holds what speaks for, against, and with the sign "missing" what would
// settle it.
func JSON(w io.Writer, in Input) error {
	f := in.Flow
	o := caseObject{
		Case: word(in.id()), Recipient: word(in.recipient()), Branch: word(f.Branch), Outcome: word(f.Outcome),
		Rejector: rejectorObject{
			Kind: word(f.Rejector.Kind), Host: raw(f.Rejector.Host), Operator: raw(f.Rejector.Operator), Confidence: word(f.Rejector.Confidence),
			Evidence: claims(f.Rejector.Evidence, f.Rejector.Missing),
			Decided:  decisionObject{word(f.Rejector.Decided.Kind), raw(f.Rejector.Decided.Host), word(f.Rejector.Decided.Confidence)},
		},
		Causes:  []causeObject{},
		Cluster: clusterObject{raw(f.Cluster.Domain), f.Cluster.Recipients, raw(f.Cluster.Advice)},
		Steps:   []stepObject{},
		DNS:     dnsObject{in.DNS.Asked, in.DNS.Elapsed.Milliseconds(), in.DNS.Outcomes},

		Compared: comparedJSON(in),

		Authentication: scorecardJSON(in.Flow),

		Suppression: suppressionJSON(in),
		Retry:       retriesJSON(in),
	}
	for _, c := range f.Causes {
		o.Causes = append(o.Causes, causeObject{word(c.Kind), c.Rank, c.Score, claims(c.For), claims(c.Against)})
	}
	for _, p := range f.Steps {
		o.Steps = append(o.Steps, stepObject{word(p.Step), word(p.State), raw(p.Reading), raw(p.Next), asked(p), claims(facts(p))})
	}
	if d, ok := Letter(f); ok {
		o.Letter = letterObject{raw(d.To), raw(d.Subject), word(d.Body)}
	}
	line, err := encode(o)
	if err != nil {
		return fmt.Errorf("report: write JSON: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// encode marshals without turning <, > and & into escapes: addresses stay
// readable and can be searched for.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

func claims(lists ...[]diagnose.Finding) []claimObject {
	out := []claimObject{}
	for _, list := range lists {
		for _, f := range list {
			out = append(out, claimObject{raw(f.Claim), raw(f.Source), stamp(f.At), word(f.Sign)})
		}
	}
	return out
}

// facts gives everything that a panel states as findings: labelled values,
// rows of tables and recorded answers among them.
func facts(p diagnose.Panel) []diagnose.Finding {
	var out []diagnose.Finding
	for _, s := range p.Sections {
		out = append(out, s.Findings...)
		for _, l := range s.Fields {
			out = append(out, diagnose.Finding{Sign: l.Sign, Claim: l.Label + ": " + l.Value, Source: l.Source, At: l.At})
		}
		if s.Table != nil {
			for _, row := range s.Table.Rows {
				out = append(out, rowFinding(s.Table.Head, row))
			}
		}
		if s.Span != nil {
			out = append(out, diagnose.Finding{Sign: diagnose.Differs, Claim: spanText(*s.Span, time.UTC), Source: "dns", At: s.Span.From})
		}
		for _, t := range s.Tasks {
			if t.Answer != "" {
				out = append(out, diagnose.Finding{Sign: taskSign(t), Claim: t.Name + ": " + t.Answer, Hint: t.Doubt, Source: t.Who, At: t.At})
			}
		}
	}
	return out
}

// rowFinding gives a row of a table as one claim, each cell with its heading.
// The sign is the first that a cell carries.
func rowFinding(head []safe.Text, row []diagnose.Cell) diagnose.Finding {
	var f diagnose.Finding
	for i, c := range row {
		if f.Sign == diagnose.NoSign {
			f.Sign = c.Sign
		}
		if c.Text == "" {
			continue
		}
		if f.Claim != "" {
			f.Claim += ", "
		}
		if i < len(head) && head[i] != "" {
			f.Claim += head[i] + " "
		}
		f.Claim += c.Text
	}
	return f
}

func taskSign(t diagnose.Task) diagnose.Sign {
	switch {
	case t.Confirms:
		return diagnose.For
	case t.Doubt != "":
		return diagnose.Attention
	}
	return diagnose.NoSign
}

// asked gives the questions of a panel, in order: those it lists, else the
// numbered ones of the draft that it copies.
func asked(p diagnose.Panel) []word {
	out := []word{}
	for _, s := range p.Sections {
		for _, t := range s.Tasks {
			out = append(out, raw(t.Question))
		}
	}
	if len(out) > 0 || p.Copy == nil || p.State == diagnose.Skipped {
		return out
	}
	for _, q := range numbered(p.Copy.Body) {
		out = append(out, word(q))
	}
	return out
}

// numbered gives the paragraphs of a letter that begin with a number and a
// dot, without both, their indented lines joined.
func numbered(body string) []string {
	var out []string
	inside := false
	for line := range strings.SplitSeq(body, "\n") {
		text := strings.TrimSpace(line)
		digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
		switch {
		case digits > 0 && digits < 3 && strings.HasPrefix(text[digits:], ". "):
			out = append(out, strings.TrimSpace(text[digits+1:]))
			inside = true
		case inside && text != "" && strings.HasPrefix(line, "  "):
			out[len(out)-1] += " " + text
		default:
			inside = false
		}
	}
	return out
}

// scorecardJSON gives the scorecard; a further line of a check has its name.
func scorecardJSON(f diagnose.Flow) []checkObject {
	t := f.Scorecard()
	if t == nil {
		return nil
	}
	out := make([]checkObject, 0, len(t.Rows))
	check := word("")
	for _, row := range t.Rows {
		if row[0].Text != "" {
			check = raw(row[0].Text)
		}
		out = append(out, checkObject{check, raw(row[1].Text), word(row[1].Sign), raw(row[2].Text), raw(row[3].Text)})
	}
	return out
}
