package bounce

// family is a form of notice that is recognised and read as one.
type family struct {
	format Format
	why    string // why it stands here in the order
	match  func(*mail) bool
	read   func(*mail) []draft
}

// families in the order of recognition. What is certain stands before what is
// likely; what would be taken for something below stands above it. A family
// that matches and finds no recipient leaves the mail to those after it.
var families []family

func init() {
	families = []family{
		{FormatFeedback, "a feedback report carries the mail like a notification does, so it comes first", (*mail).isFeedback, (*mail).readFeedback},
		{FormatDSN, "a delivery-status part is the one form made for machines", (*mail).hasStatus, (*mail).readStatus},
		{FormatGoogle, "Google's notices carry X-Failed-Recipients too, so they come before Exim's", (*mail).isGoogle, (*mail).readGoogle},
		{FormatExim, "X-Failed-Recipients names the recipients for certain", (*mail).isExim, (*mail).readExim},
		{FormatPostfix, "its first sentence is fixed", (*mail).isPostfix, (*mail).readPostfix},
		{FormatMicrosoft, "names the generating server; in many languages", (*mail).isMicrosoft, (*mail).readMicrosoft},
		{FormatQmail, "its first sentence is fixed; several programs copy it", (*mail).isQmail, (*mail).readQmail},
		{FormatSendmail, "a transcript holds command and reply line by line", (*mail).isSendmail, (*mail).readSendmail},
		{FormatAutoReply, "automatic replies quote and apologise as free text does", (*mail).isAutoReply, (*mail).readAutoReply},
		{FormatNotice, "free text from a mail system, or that speaks of a failed delivery", (*mail).isNotice, (*mail).readNotice},
	}
}

// read gives the reports of a mail. depth counts the forwards around it.
func (m *mail) read(depth int) []Report {
	if out := m.readKnown(families); len(out) > 0 {
		return out
	}
	if out := m.forwarded(depth); len(out) > 0 {
		return out
	}
	if m.msg == nil || depth > 0 {
		return nil
	}
	return m.readOrdinary()
}

func (m *mail) readKnown(of []family) []Report {
	for _, f := range of {
		if !f.match(m) {
			continue
		}
		if drafts := f.read(m); len(drafts) > 0 {
			if f.format == FormatDSN && m.msg == nil {
				return m.finish(FormatStatus, drafts)
			}
			return m.finish(f.format, drafts)
		}
	}
	return nil
}

func (m *mail) hasStatus() bool { return len(m.status) > 0 }

// forwarded reads a bounce that somebody sent on: as a message within, or
// quoted in the text.
func (m *mail) forwarded(depth int) []Report {
	if depth >= maxForwards || m.fromDaemon() {
		return nil
	}
	for _, e := range m.inside {
		if out := m.d.mail(e).read(depth + 1); len(out) > 0 && out[0].NotABounce == "" {
			return second(out)
		}
	}
	for _, t := range append(m.human[:len(m.human):len(m.human)], m.tail) {
		if t == nil {
			continue
		}
		plain, quoted := t.unquoted()
		if !quoted && t != m.tail {
			if i := quoteStart(t); i > 0 {
				plain, quoted = t.sub(i, len(t.lines)).unquoted()
			}
		}
		if !quoted && t != m.tail {
			continue
		}
		if out := m.d.fromText(plain, depth+1); len(out) > 0 {
			return second(out)
		}
	}
	return nil
}

// quoteStart finds the first quoted line of a text that begins with words of
// the one who forwards it.
func quoteStart(t *text) int {
	for i, l := range t.lines {
		if len(l.s) > 0 && l.s[0] == '>' {
			return i
		}
	}
	return -1
}

// second marks reports that came at second hand.
func second(out []Report) []Report {
	for i := range out {
		out[i].Genuine = Unproved
		out[i].GenuineReasons = append(out[i].GenuineReasons[:0:0], "the bounce was forwarded; its own transport header is not here")
	}
	return out
}

// textFamilies are the families that can be told from text alone.
func textFamilies() []family {
	out := make([]family, 0, len(families))
	for _, f := range families {
		switch f.format {
		case FormatFeedback, FormatAutoReply, FormatNotice:
			continue
		}
		out = append(out, f)
	}
	return out
}
