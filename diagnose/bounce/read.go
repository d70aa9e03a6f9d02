package bounce

import (
	"errors"
	"strings"
	"time"
	"unsafe"

	"deadletter/diagnose/safe"
)

// Ours names what belongs to the sender, as far as it is known: the evidence
// that a bounce answers mail of ours is checked against it.
type Ours struct {
	Domains []string // domains that we send from
	Hosts   []string // names or addresses of our mail servers

	AuthServers []string // authserv-ids that our own servers write (RFC 8601 section 2.5)
	ReturnPaths []string // domains of the envelope senders that we give to mail we send, where they are others than Domains
	Issued      []string // envelope IDs, message IDs and return paths that we issued, each exactly as issued
}

// Options is what Read is given beside the bytes.
type Options struct {
	Name string    // where the bytes came from; not interpreted
	Now  time.Time // resolves log times that have no year; zero leaves such times unknown
	Ours Ours

	Origin Origin // where the bytes stand in the input that they were taken from
}

// Why an input gives no reports.
var (
	ErrEmpty      = errors.New("the input is empty")
	ErrBinary     = errors.New("the input is not text")
	ErrNotABounce = errors.New("nothing in the input tells of a failed delivery")
)

// Result is what one input tells.
type Result struct {
	Reports    []Report
	Format     Format    // of the first report
	Recognised safe.Text // what the input was taken for, in one line; "" for nothing
	Findings   []Finding // what was noticed about the input as a whole: bounds, damage
	Problem    error     // set when there are no reports: ErrEmpty, ErrBinary or ErrNotABounce
	Says       safe.Text // with Problem: what is so, and what to do
}

// doc is one input that is being read.
type doc struct {
	src  *source
	opts Options
	b    *budget

	tab       *table // the input as a table, once tableDone
	tableDone bool

	spare header          // room for header fields
	folds []byte          // room for a header field that is put together
	kept  strings.Builder // room for the values of fields
}

// Read recognises what the input is and reads it. It never fails otherwise
// than by a Result without reports; it keeps nothing of raw. Its time grows
// with the length of the input and with nothing else. Text in UTF-16 with a
// byte order mark is read as any other; offsets are of the bytes in raw.
func Read(raw []byte, opts Options) Result {
	d := &doc{opts: opts, b: &budget{}}
	res := d.read(raw)
	opts.Origin.move(&res, d.src)
	return res
}

// read reads the bytes as if they were the whole input.
func (d *doc) read(raw []byte) Result {
	long := len(raw) > maxInput
	if long {
		raw = raw[:maxInput]
	}
	// A copy would cost more than many a message. The string lives no longer than
	// the call: what is reported is copied out of it (see keep), and a test holds that.
	text := unsafe.String(unsafe.SliceData(raw), len(raw))
	w, broken := decodeUTF16(text)
	if w != nil {
		text = w.text
	}
	d.src = newSource(text)
	if broken {
		d.b.damaged("the input is UTF-16 and some of its characters are broken", 0)
	}
	if long {
		d.b.limit("the input beyond 25 MiB was not read", 0)
	}
	if says, err := unreadable(d.src.raw); err != nil {
		return Result{Problem: err, Says: says, Findings: d.b.findings}
	}
	reports := d.recognise()
	res := Result{Reports: reports, Findings: d.b.findings}
	if len(reports) == 0 {
		res.Problem = ErrNotABounce
		res.Says = "this is no mail, no SMTP reply, no delivery-status block, no event of a sending platform, and no log line or table of failed deliveries; paste the whole bounce with its headers, or the reply that begins with three digits"
		return res
	}
	for i := range reports {
		reports[i].Index = i + 1
		if w != nil {
			w.restore(&reports[i])
		}
	}
	res.Format = reports[0].Format
	res.Recognised = recognised(reports)
	return res
}

// unreadable says why an input cannot be text at all.
func unreadable(s string) (safe.Text, error) {
	if strings.TrimSpace(cut(s, 1<<16)) == "" && strings.TrimSpace(s) == "" {
		return "there is nothing in it; paste the bounce, or give a file that holds one", ErrEmpty
	}
	head := s[:min(len(s), 8<<10)]
	switch {
	case strings.HasPrefix(s, "\xd0\xcf\x11\xe0"):
		return "this is an Outlook .msg file; open it and save the message as text or .eml", ErrBinary
	case strings.HasPrefix(s, "\x1f\x8b"), strings.HasPrefix(s, "PK\x03\x04"):
		return "this is a compressed file; unpack it first", ErrBinary
	case strings.HasPrefix(s, "%PDF-"):
		return "this is a PDF; the bounce itself is needed, as text or .eml", ErrBinary
	case strings.Count(head, "\x00")*20 > len(head):
		return "these bytes are no text; give the bounce as it was received, as text or .eml", ErrBinary
	}
	return "", nil
}

// recognise reads the input as what it is.
func (d *doc) recognise() []Report {
	start := d.mailStart()
	if start >= 0 {
		m := d.mail(d.walk(start))
		return m.read(0)
	}
	return d.pasted()
}

// mailHeaders are fields that mail begins with. Two of them make a mail.
var mailHeaders = map[string]bool{"from": true, "to": true, "subject": true, "date": true, "received": true, "return-path": true,
	"message-id": true, "mime-version": true, "content-type": true, "x-failed-recipients": true, "delivered-to": true,
	"reply-to": true, "sender": true, "x-mailer": true, "auto-submitted": true, "content-transfer-encoding": true,
	"dkim-signature": true, "authentication-results": true, "x-original-to": true, "envelope-to": true, "arc-seal": true, "x-received": true, "cc": true}

func mailHeader(name string) bool {
	var low [32]byte
	if len(name) > len(low) {
		return false
	}
	for i := range len(name) {
		low[i] = name[i]
		if 'A' <= name[i] && name[i] <= 'Z' {
			low[i] += 'a' - 'A'
		}
	}
	return mailHeaders[string(low[:len(name)])]
}

// mailStart gives the offset at which a mail begins: after blank lines, a byte
// order mark or an mbox separator; -1 when the input is no mail.
func (d *doc) mailStart() int {
	start := 0
	if strings.HasPrefix(d.src.raw, "\ufeff") {
		start = len("\ufeff")
	}
	known, lines := 0, d.src.scan(start, len(d.src.raw))
	began, garbage := false, 0
	for n := 0; n < 400; {
		s, _, _, ok := lines.next()
		if !ok {
			break
		}
		if strings.TrimSpace(s) == "" {
			if began {
				break
			}
			continue
		}
		n++
		if began && (s[0] == ' ' || s[0] == '\t') {
			continue
		}
		name, _, ok := fieldName(s)
		if !ok {
			if !began && strings.HasPrefix(s, "From ") {
				continue
			}
			if garbage++; !began || garbage > 5 {
				break
			}
			continue
		}
		began = true
		if mailHeader(name) {
			if known++; known >= 2 {
				return start
			}
		}
	}
	return -1
}

// recognised says in one line what the reports were read from.
func recognised(reports []Report) safe.Text {
	r := &reports[0]
	if r.Format == FormatSuppression {
		return recognisedList(reports)
	}
	what := titleOf(r.Format)
	if r.Format == FormatEvent {
		if len(reports) > 1 {
			return safe.Textf("%s %s, %d recipients", r.Source.Value, what, len(reports))
		}
		return safe.Textf("%s %s", r.Source.Value, what)
	}
	out := what
	if r.ReportingMTA.Known() {
		out += " from " + r.ReportingMTA.Value.Safe()
	}
	if r.Source.Known() && !strings.Contains(string(what), string(r.Source.Value)) {
		out += ", written by " + r.Source.Value.Safe()
	}
	if len(reports) > 1 {
		out = safe.Textf("%s, %d recipients", out, len(reports))
	}
	return out
}
