package cli_test

import (
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
)

// The servers of the lab that these tests ask: one that sends and writes the
// bounce, one that holds mailboxes, one that takes mail of those who log in.
const (
	labOut    = "127.0.0.21:2525"
	labMX     = "127.0.0.22:2525"
	labSubmit = "127.0.0.34:587"
)

// labScreen is a case on the screen, opened with the bounce that a real server
// wrote for mail of ours.
type labScreen struct {
	*screen
	place  *place
	dir    string // of the running servers
	sender string
	to     string
	kept   int // frames
}

// realServers gives the folder of the running servers, or skips.
func realServers(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LAB_SERVERS")
	if dir == "" {
		t.Skip("LAB_SERVERS names no folder of running mail servers; .ci/lab/servers/run does")
	}
	return dir
}

// bounced sends one mail through the server that sends, waits for its bounce,
// and opens it on the screen as people do.
func bounced(t *testing.T, name, to string) *labScreen {
	t.Helper()
	dir := realServers(t)
	l := &labScreen{dir: dir, sender: name + ".screen@sender.test", to: to}
	id := fmt.Sprintf("<%s.%d@sender.test>", name, time.Now().UnixNano())
	text := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Invoice 4711\r\nDate: %s\r\nMessage-ID: %s\r\n\r\nYour invoice is ready.\r\n", l.sender, to, time.Now().UTC().Format(time.RFC1123Z), id)
	if err := smtp.SendMail(labOut, nil, l.sender, []string{to}, []byte(text)); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, "SSL_CERT_FILE="+filepath.Join(dir, "tls.pem"))
	p.env = append(p.env, "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	key := write(t, filepath.Join(p.home, "relay.key"), "the key of the lab\n")
	p.configure(t, "ehlo = \"retry.sender.test\"\n[relay]\nhost = \"submit.exim.test\"\nuser = \"lab\"\nkey = { file = \""+key+"\" }\n")
	bounce := write(t, filepath.Join(p.home, "bounce.eml"), read(t, labMail(t, dir, "out", "sender", id)))
	l.place = p
	l.screen = p.open(120, 40, "", "--resolver", "zone:"+write(t, filepath.Join(p.home, "zones.txt"), labZones),
		"--lab-allow", labMX, "--lab-allow", labSubmit, "--own-mta", "out.postfix.test", bounce)
	l.wait(to, "user unknown")
	l.answered()
	return l
}

const labZones = `$TTL 300
postfix.test. IN SOA ns1.postfix.test. hostmaster.postfix.test. 1 7200 3600 1209600 300
postfix.test. IN NS ns1.postfix.test.
ns1.postfix.test. IN A 192.0.2.53
virtual.postfix.test. IN MX 10 mx.postfix.test.
virtual.postfix.test. IN MX 20 mx2.postfix.test.
mx.postfix.test. IN A 127.0.0.22
mx2.postfix.test. IN A 192.0.2.22
exim.test. IN SOA ns1.postfix.test. hostmaster.postfix.test. 1 7200 3600 1209600 300
submit.exim.test. IN A 127.0.0.34
sender.test. IN SOA ns1.postfix.test. hostmaster.postfix.test. 1 7200 3600 1209600 300
`

// labMail waits for the mail in a mailbox of a server that holds a text, and gives
// its path.
func labMail(t *testing.T, dir, server, mailbox, holds string) (found string) {
	t.Helper()
	until(t, "a mail in "+mailbox+" of "+server, func() bool {
		list, _ := filepath.Glob(filepath.Join(dir, "root", "lab", server, "mail", mailbox, "new", "*"))
		for _, path := range list {
			if text, err := os.ReadFile(path); err == nil && strings.Contains(strings.ToLower(string(text)), strings.ToLower(holds)) {
				found = path
			}
		}
		return found != ""
	})
	return found
}

// look waits for texts, and keeps the frame for people to look at where FRAMES
// names a folder.
func (l *labScreen) look(texts ...string) string {
	l.t.Helper()
	frame := l.wait(texts...)
	l.fits(frame)
	l.keep(frame)
	return frame
}

func (l *labScreen) keep(text string) {
	l.t.Helper()
	if dir := os.Getenv("FRAMES"); dir != "" {
		l.kept++
		write(l.t, filepath.Join(dir, fmt.Sprintf("%s-%02d", strings.ReplaceAll(l.t.Name(), "/", "-"), l.kept)), text)
	}
}

// answer records a yes of the administrator to the question that is chosen.
func (l *labScreen) answer(question, who string) {
	l.t.Helper()
	l.wait("3 Confirm recipient")
	l.keys("y")
	if !strings.Contains(words(l.wait("Record an answer: "+question)), "┃ "+who) { // who said the last is there
		l.types(who)
	}
	l.wait("┃ "+who, "enter record")
	l.keys("Enter")
	l.wait("recorded; u takes it back")
}

// confirm goes through the steps until one test may go.
func (l *labScreen) confirm() {
	l.t.Helper()
	l.keys("3")
	l.answer("Exact address", "Dana Ito")
	l.keys("j")
	l.answer("Accepted domain", "Dana Ito")
	l.keys("5")
	l.wait("5 Inspect suppression")
	l.keys("N")
	l.wait("Suppression is not applicable")
	l.types("our own Postfix sends this mail")
	l.keys("Enter")
	l.wait("No sending platform is in the path")
	l.keys("6")
	l.look("One test message may go")
}

// agree types a consent, each piece when the one before stands in its field: the
// same text stands elsewhere in the dialog.
func (l *labScreen) agree(label, word string) {
	l.t.Helper()
	l.keys("Tab")
	for i := 0; i < len(word); i += 3 {
		end := min(i+3, len(word))
		l.text(word[i:end])
		l.wait(label + " ┃ " + word[:end])
	}
	l.keys("Enter")
}

// probe asks the mail host with everything that a person types.
func (l *labScreen) probe() {
	l.t.Helper()
	l.keys("T")
	l.wait("Retry once", "one message through our relay", "valid until")
	l.keys("Right")
	l.look("RCPT only, no mail", "mx.postfix.test, address "+labMX, "type probe")
	l.agree("type probe", "probe")
}

// message sends the one message.
func (l *labScreen) message() {
	l.t.Helper()
	l.keys("T")
	l.look("Retry once", "submit.exim.test", "as lab", "over TLS", "type address")
	l.agree("type address", l.to)
}

// create has the mail host know a recipient from now on, with a mailbox, or put
// it off. It is as it was when the test ends.
func (l *labScreen) create(table, line string) {
	l.t.Helper()
	path := filepath.Join(l.dir, "root", "lab", "mx", table)
	before := read(l.t, path)
	reload := func() {
		if out, err := exec.Command(filepath.Join(root, ".ci", "lab", "servers", "postfix"), "reload", l.dir, "mx").CombinedOutput(); err != nil {
			l.t.Errorf("reload: %v: %s", err, out)
		}
	}
	write(l.t, path, before+line+"\n")
	l.t.Cleanup(func() { write(l.t, path, before); reload() })
	reload()
	until(l.t, "the mail host says something else of "+l.to, func() bool { return !strings.Contains(l.asks(), "5.1.1") })
}

// asks gives what the mail host says of the recipient to somebody else.
func (l *labScreen) asks() string {
	c, err := smtp.Dial(labMX)
	if err != nil {
		return "5.1.1 " + err.Error()
	}
	defer c.Close()
	if err := c.Mail(l.sender); err != nil {
		return "5.1.1 " + err.Error()
	}
	err = c.Rcpt(l.to)
	_ = c.Quit()
	return fmt.Sprint(err)
}

// TestRealServersRefuseAgain: the address is as unknown as before, and goes back
// to its administrator with both refusals; a new word gives a new permit, and
// no second probe before its time.
func TestRealServersRefuseAgain(t *testing.T) {
	l := bounced(t, "again", "robin.hale@virtual.postfix.test")
	l.keys("2")
	l.look("The mailbox host mx.postfix.test refused this address.")
	l.confirm()
	l.probe()
	l.look("The same refusal again", "there is no such mailbox", "before: the bounce", "after: the one retry", "before: \"550 5.1.1 <", "after: \"550 5.1.1 <", "Back to the administrator")
	l.keys("e")
	l.look("Still refused")
	l.keys("Escape")
	l.wait("Back to the administrator")
	l.keys("Enter")
	l.wait("copied to tmux buffer")
	letter := l.clipboard()
	l.keep(letter)
	for _, want := range []string{
		"asked your server once, without a message, whether it takes", "It was refused as before", "We send nothing more until you answer",
		"EHLO retry.sender.test, MAIL FROM:<postmaster@sender.test>", "User unknown in virtual mailbox table",
	} {
		if !strings.Contains(words(letter), want) {
			t.Errorf("the letter does not say %q:\n%s", want, letter)
		}
	}
	if n := strings.Count(words(letter), "550 5.1.1 <"+l.to+">"); n < 2 {
		t.Errorf("%d refusals in the letter:\n%s", n, letter)
	}
	l.look("3 Confirm recipient", "refused all the same", "Wait for the answer")
	l.keys("T")
	l.look("locked; what unlocks it: a new confirmation on step 3")
	l.answer("Exact address", "Dana Ito")
	l.keys("6")
	l.look("One test message may go", "not before ")
	l.keys("T")
	l.wait("Retry once", "one message through our relay", "valid until")
	l.keys("Right")
	l.look("the last attempt was", "the next from", "this way cannot be taken now")
}

// TestRealServersDeliver: the mailbox was made meanwhile. The probe is accepted
// and leaves the permit, the one message is seen in the mailbox, the case ends.
func TestRealServersDeliver(t *testing.T) {
	l := bounced(t, "story", "dana.ito@virtual.postfix.test")
	l.create("created", l.to+" dana.ito/")
	l.confirm()
	l.probe()
	l.look("The recipient is accepted now", "permit left")
	l.message()
	l.look("Is the test in the mailbox, or in junk?")
	seen := read(t, labMail(t, l.dir, "mx", "dana.ito", l.token()))
	l.keep(seen)
	if !strings.Contains(seen, "Return-Path: <"+l.sender+">") || !strings.Contains(seen, "esmtpsa") {
		t.Errorf("it did not come from our sender, with a login over TLS:\n%s", seen)
	}
	l.keys("W")
	l.look("Record what came of the retry", "not chosen yet")
	l.keys("Right", "Right")
	l.wait("delivered: seen in the mailbox")
	l.keys("Enter")
	l.look("Delivered: the test was seen in the mailbox. The case is resolved.")
	l.keys("X")
	l.look("Close the case", "resolved")
	l.types("seen in the mailbox")
	l.keys("Enter")
	l.look("closed; u takes it back")
	l.keys("q")
	l.wait("left with 0")
	if got := l.place.run("cases").want(t, 0).stdout; !strings.Contains(got, "resolved") {
		t.Errorf("the case is not resolved: %s", got)
	}
	if text := read(t, l.journal()); strings.Contains(text, "the key of the lab") {
		t.Error("the key is in the case")
	}
}

// TestRealServersGiveBack: the mailbox was made and holds no more. What comes
// back for the one message is its result by the marks in it, with no question.
func TestRealServersGiveBack(t *testing.T) {
	l := bounced(t, "back", "mara.lind@virtual.postfix.test")
	l.create("created", l.to+" full")
	l.confirm()
	l.message()
	l.look("Is the test in the mailbox, or in junk?")
	notice := labMail(t, l.dir, "mx", "sender", l.token())
	l.keys("a")
	l.look("ctrl+t")
	l.paste(read(t, notice))
	l.look(l.to)
	l.keys("Enter")
	l.look("Another refusal than before", "after: the one retry", "after: \"5.2.2 input/output error\"", "go to step 1")
}

// TestRealServersPutOff: what is put off leaves the permit for one message at
// once, and for a second probe from its time on.
func TestRealServersPutOff(t *testing.T) {
	l := bounced(t, "later", "kim.noor@virtual.postfix.test")
	l.create("created", l.to+" kim.noor/")
	l.create("put-off", l.to+" 450 4.2.0 Greylisted, see https://grey.example/ for the reason")
	l.confirm()
	l.probe()
	l.look("Put off", "permit left", "not before ", "after: \"450 4.2.0 <"+l.to+">", "or from ")
	l.keys("T")
	l.look("one message through our relay", "type address")
	l.keys("Right")
	l.look("the last attempt was", "the next from")
	l.keys("Escape")
	l.look("permit left")
}

// journal gives the file of the one case.
func (l *labScreen) journal() string {
	l.t.Helper()
	list, err := filepath.Glob(filepath.Join(l.place.cases(), "*.journal"))
	if err != nil || len(list) != 1 {
		l.t.Fatalf("%v: %v", list, err)
	}
	return list[0]
}

// token gives the mark in the last attempt, as the journal holds it.
func (l *labScreen) token() string {
	l.t.Helper()
	store, err := casefile.OpenStore(l.place.cases(), casefile.Options{ReadOnly: true})
	if err != nil {
		l.t.Fatal(err)
	}
	defer store.Close()
	events, _, err := store.Read(strings.TrimSuffix(filepath.Base(l.journal()), ".journal"))
	if err != nil {
		l.t.Fatal(err)
	}
	list := diagnose.Fold(events).Retries
	if len(list) == 0 || list[len(list)-1].Token == "" {
		l.t.Fatalf("no message was marked: %+v", list)
	}
	return list[len(list)-1].Token
}
