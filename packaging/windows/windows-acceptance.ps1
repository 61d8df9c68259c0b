# Checks on a real Windows machine what Wine cannot show, and prints a table of passed and failed. Run it elevated, with the
# product installed (MSI, or the zip and `updatectl service install`), on a machine that may lose the product's services for
# some minutes:
#
#   powershell -ExecutionPolicy Bypass -File windows-acceptance.ps1 -Product update [-Config C:\ProgramData\update\update.toml]
#   ... -Phase BeforeReboot     then reboot, then  -Phase AfterReboot    (each state of the services across a reboot)
#
# Ends with 0 when all passed, 1 otherwise. What it changes it puts back.
param(
    [string]$Product = 'update',
    [string]$Config = "$env:ProgramData\$Product\update.toml",
    [ValidateSet('Checks', 'BeforeReboot', 'AfterReboot')][string]$Phase = 'Checks'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$agent = $Product
$watchdog = "$Product-watchdog"
$results = New-Object System.Collections.ArrayList
$noteFile = Join-Path $env:ProgramData "$Product-acceptance.json"

function Check([string]$Name, [scriptblock]$Body) {
    try {
        $detail = & $Body
        [void]$results.Add([pscustomobject]@{ Check = $Name; Result = 'pass'; Detail = "$detail" })
    } catch {
        [void]$results.Add([pscustomobject]@{ Check = $Name; Result = 'FAIL'; Detail = $_.Exception.Message })
    }
}
function Demand([bool]$Holds, [string]$What) { if (-not $Holds) { throw $What } }
function Get-State([string]$Name) { Get-CimInstance Win32_Service -Filter "Name='$Name'" }
function Wait-Until([int]$Seconds, [scriptblock]$Holds) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        if (& $Holds) { return $clock.Elapsed.TotalSeconds }
        Start-Sleep -Milliseconds 100
    }
    throw "not within $Seconds s"
}
function Invoke-Sc([string[]]$Words) {
    $text = & "$env:SystemRoot\System32\sc.exe" @Words | Out-String
    if ($LASTEXITCODE -ne 0) { throw "sc.exe $($Words -join ' '): $text" }
    $text
}
# Without the watchdog, so that nobody but the service manager's recovery can bring the agent back.
function Without-Watchdog([scriptblock]$Body) {
    Invoke-Sc @('config', $watchdog, 'start=', 'disabled') | Out-Null
    Stop-Service $watchdog -ErrorAction SilentlyContinue
    try { & $Body } finally {
        Invoke-Sc @('config', $watchdog, 'start=', 'delayed-auto') | Out-Null
        Start-Service $watchdog
    }
}

function Test-Configuration {
    foreach ($service in $agent, $watchdog) {
        Check "$service reads back its recovery" {
            $text = Invoke-Sc @('qfailure', $service)
            Demand ($text -match 'RESTART -- Delay = 10000') "no restart after 10 s: $text"
            $flag = Invoke-Sc @('qfailureflag', $service)
            Demand ($flag -match 'TRUE|: 1') "failure actions flag is not set: $flag"
        }
        Check "$service starts at boot, delayed" {
            Demand ((Invoke-Sc @('qc', $service)) -match 'DELAYED') 'not delayed'
        }
        Check "$service has a quoted program" { Demand ((Get-State $service).PathName.StartsWith('"')) 'not quoted' }
        Check "${service}: nobody but administrators may change it" {
            $sddl = (Invoke-Sc @('sdshow', $service)).Trim()
            $descriptor = New-Object Security.AccessControl.RawSecurityDescriptor $sddl
            $change = 0x2 -bor 0x10000 -bor 0x40000 -bor 0x80000
            foreach ($entry in $descriptor.DiscretionaryAcl) {
                $trusted = $entry.SecurityIdentifier.Value -in 'S-1-5-18', 'S-1-5-32-544'
                Demand ($trusted -or ($entry.AccessMask -band $change) -eq 0) "$($entry.SecurityIdentifier) may"
            }
        }
    }
    Check 'updatectl doctor finds nothing in the services' {
        $program = Join-Path (Split-Path ((Get-State $agent).PathName.Split('"')[1])) 'updatectl.exe'
        $text = & $program doctor --config $Config --json | Out-String
        Demand ($text -notmatch '"service"[^}]*"ok":\s*false') $text
    }
}

function Test-Recovery {
    Check 'a killed agent is back within 10 s by the service manager alone' {
        Without-Watchdog {
            $before = (Get-State $agent).ProcessId
            Stop-Process -Id $before -Force
            $seconds = Wait-Until 20 { $now = Get-State $agent; $now.State -eq 'Running' -and $now.ProcessId -ne $before }
            Demand ($seconds -ge 8) "already after $seconds s: somebody else started it"
            "after {0:n1} s" -f $seconds
        }
    }
    Check 'a killed watchdog is back within 10 s' {
        $before = (Get-State $watchdog).ProcessId
        Stop-Process -Id $before -Force
        $seconds = Wait-Until 20 { $now = Get-State $watchdog; $now.State -eq 'Running' -and $now.ProcessId -ne $before }
        "after {0:n1} s" -f $seconds
    }
    Check 'the second failure runs the guard, which starts the agent' {
        Without-Watchdog {
            foreach ($n in 1, 2) {
                $before = (Get-State $agent).ProcessId
                Stop-Process -Id $before -Force
                Wait-Until 30 { $now = Get-State $agent; $now.State -eq 'Running' -and $now.ProcessId -ne $before } | Out-Null
            }
        }
    }
    Check 'an agent that an administrator stopped stays stopped for 30 s' {
        Stop-Service $agent
        $code = Get-State $agent
        Start-Sleep -Seconds 30
        try {
            Demand ((Get-State $agent).State -eq 'Stopped') 'somebody started it'
            "exit code $($code.ExitCode), specific $($code.ServiceSpecificExitCode)"
        } finally { Start-Service $agent }
    }
    Check 'a disabled agent that is killed stays down for 30 s' {
        Invoke-Sc @('config', $agent, 'start=', 'disabled') | Out-Null
        try {
            Stop-Process -Id (Get-State $agent).ProcessId -Force
            Start-Sleep -Seconds 30
            Demand ((Get-State $agent).State -eq 'Stopped') 'somebody started it'
        } finally {
            Invoke-Sc @('config', $agent, 'start=', 'delayed-auto') | Out-Null
            Start-Service $agent
        }
    }
    Check 'a watchdog that was deleted is brought back by the agent (I3)' {
        Stop-Service $watchdog
        Invoke-Sc @('delete', $watchdog) | Out-Null
        Restart-Service $agent
        Wait-Until 60 { $now = Get-State $watchdog; $now -and $now.State -eq 'Running' }
    }
    Check 'a program that ends in the loader is seen by the service manager' {
        # What no documentation says: does recovery fire when a process ends before it has connected?
        $image = (Get-State $agent).PathName.Split('"')[1]
        Without-Watchdog {
            Stop-Service $agent
            Rename-Item $image "$image.acceptance"
            try {
                [IO.File]::WriteAllBytes($image, [byte[]](0x4d, 0x5a))
                $failed = $false
                try { Start-Service $agent } catch { $failed = $true }
                Demand $failed 'a damaged program was started'
            } finally {
                Remove-Item $image
                Rename-Item "$image.acceptance" $image
                Start-Service $agent
            }
        }
    }
}

# A plain user is made for it and removed.
function Test-PlainUser {
    $name = 'libupdate-plain'
    $password = [guid]::NewGuid().ToString('N') + 'aA1!'
    $secure = ConvertTo-SecureString $password -AsPlainText -Force
    New-LocalUser $name -Password $secure | Out-Null
    try {
        $credential = New-Object pscredential "$env:COMPUTERNAME\$name", $secure
        $asUser = {
            param([string]$Command)
            $out = Join-Path $env:PUBLIC 'libupdate-acceptance.txt'
            $process = Start-Process powershell -Credential $credential -WorkingDirectory $env:PUBLIC -Wait -PassThru `
                -WindowStyle Hidden -ArgumentList '-NoProfile', '-Command', "$Command; exit `$LASTEXITCODE"
            $process.ExitCode
        }
        foreach ($service in $agent, $watchdog) {
            Check "a plain user can neither stop nor change $service" {
                Demand ((& $asUser "sc.exe stop $service") -ne 0) 'stopped it'
                Demand ((& $asUser "sc.exe config $service start= disabled") -ne 0) 'disabled it'
                Demand ((& $asUser "sc.exe config $service binPath= c:\windows\notepad.exe") -ne 0) 'changed its program'
            }
        }
        $state = (Select-String -Path $Config -Pattern "^state_dir = '(.*)'").Matches[0].Groups[1].Value
        Check 'a plain user cannot read the state folder' {
            Demand ((& $asUser "Get-ChildItem '$state' -ErrorAction Stop; `$LASTEXITCODE = 0") -ne 0) 'read it'
        }
        Check 'a plain user cannot write beside the programs' {
            $folder = Split-Path ((Get-State $agent).PathName.Split('"')[1])
            Demand ((& $asUser "Set-Content '$folder\planted.dll' x -ErrorAction Stop; `$LASTEXITCODE = 0") -ne 0) 'wrote it'
        }
        Check 'a plain user may not confirm, cancel or roll back over the pipe' {
            $program = Join-Path (Split-Path ((Get-State $agent).PathName.Split('"')[1])) 'updatectl.exe'
            Demand ((& $asUser "& '$program' restart --config '$Config'") -ne 0) 'restarted the agent'
        }
    } finally { Remove-LocalUser $name }
}

function Test-Facts {
    Check 'version, server and agent stand in the registry' {
        $facts = Get-ItemProperty "HKLM:\SOFTWARE\$Product"
        Demand ($facts.Version -and $facts.ServerUrl) 'they are missing'
        "$($facts.Version), $($facts.ServerUrl)"
    }
    Check 'the agent writes into the event log, with readable texts' {
        $event = Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = $agent } -MaxEvents 1
        Demand ($event.Message -notmatch 'cannot be found') $event.Message
    }
    Check 'the key lies sealed' {
        $line = (Select-String -Path $Config -Pattern "^key_file = '(.*)'").Matches
        if ($line.Count -eq 0 -or -not (Test-Path $line[0].Groups[1].Value)) { return 'no key is configured' }
        Demand ((Get-Content $line[0].Groups[1].Value -TotalCount 1).StartsWith('dpapi:')) 'it is readable'
    }
}

# Each state across one reboot: agent running, watchdog stopped by an administrator. After a reboot both start again, since a
# stop is forgotten with the boot; a disabled one does not.
function Set-BeforeReboot {
    Stop-Service $watchdog
    @{ Agent = (Get-State $agent).ProcessId; Boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToString('o') } |
        ConvertTo-Json | Set-Content $noteFile
    Write-Host 'Now reboot, wait three minutes (the services start delayed), and run -Phase AfterReboot.'
}
function Test-AfterReboot {
    $before = Get-Content $noteFile -Raw | ConvertFrom-Json
    Check 'the machine was rebooted' {
        Demand ($before.Boot -ne (Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToString('o')) 'it was not'
    }
    Check 'the agent runs after the reboot' { Wait-Until 240 { (Get-State $agent).State -eq 'Running' } }
    Check 'the watchdog runs after the reboot' { Wait-Until 240 { (Get-State $watchdog).State -eq 'Running' } }
    Remove-Item $noteFile
}

$me = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) { throw 'Run it elevated.' }
foreach ($service in $agent, $watchdog) { if (-not (Get-State $service)) { throw "Service $service is not installed." } }
switch ($Phase) {
    'Checks' { Test-Configuration; Test-Facts; Test-PlainUser; Test-Recovery }
    'BeforeReboot' { Set-BeforeReboot; return }
    'AfterReboot' { Test-AfterReboot }
}
$results | Format-Table -AutoSize -Wrap | Out-String -Width 160 | Write-Host
$failed = @($results | Where-Object Result -eq 'FAIL').Count
Write-Host ("{0} passed, {1} failed" -f ($results.Count - $failed), $failed)
exit ([int]($failed -gt 0))
