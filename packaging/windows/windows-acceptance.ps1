# Checks on a real Windows machine what Wine cannot show, and prints a table of passed and failed. Run it elevated, with the
# product installed (MSI, or the zip and `updatectl service install`), on a machine that may lose the product's services for
# some minutes:
#
#   powershell -ExecutionPolicy Bypass -File windows-acceptance.ps1 -Product update [-Config C:\ProgramData\update\update.toml]
#   ... -Phase BeforeReboot     then reboot, then  -Phase AfterReboot    (each state of the services across a reboot)
#
# Ends with 0 when all passed, 1 otherwise. What it changes it puts back. For Windows PowerShell 5.1 (64 bits) and later, and
# for any language of Windows: nothing is read from texts that Windows translates.
#Requires -Version 5.1
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
# A setting of the configuration, in either kind of quotes; '' where there is none.
function Get-Setting([string]$Key) {
    foreach ($line in Get-Content $Config) {
        if ($line -match "^\s*$Key\s*=\s*(['`"])(.*)\1") { return $Matches[2].Replace('${config_dir}', (Split-Path $Config)) }
    }
    ''
}
# How the service manager keeps the recovery of a service: SERVICE_FAILURE_ACTIONS, in which actions are pairs of a kind
# (1: restart, 3: command) and a delay in ms.
function Get-Recovery([string]$Name) {
    $key = Get-ItemProperty "HKLM:\SYSTEM\CurrentControlSet\Services\$Name"
    $bytes = $key.FailureActions
    $count = [BitConverter]::ToInt32($bytes, 12)
    $actions = for ($n = 0; $n -lt $count; $n++) {
        '{0} after {1}' -f [BitConverter]::ToInt32($bytes, 20 + 8 * $n), [BitConverter]::ToInt32($bytes, 24 + 8 * $n)
    }
    [pscustomobject]@{ Actions = @($actions); AfterExitCodes = $key.FailureActionsOnNonCrashFailures -eq 1
        Delayed = $key.DelayedAutostart -eq 1 -and $key.Start -eq 2 }
}
# What PowerShell holds open keeps a deleted service from going.
function Clear-Handles { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
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
            $recovery = Get-Recovery $service
            Demand ($recovery.Actions[0] -eq '1 after 10000') "the first action is not a restart after 10 s: $($recovery.Actions)"
            if ($service -eq $agent) {
                Demand ($recovery.Actions[-1] -eq '3 after 10000') "the last action is not the guard after 10 s: $($recovery.Actions)"
            }
            Demand $recovery.AfterExitCodes 'failure actions flag is not set'
            $recovery.Actions -join ', '
        }
        Check "$service starts at boot, delayed" { Demand (Get-Recovery $service).Delayed 'not delayed' }
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
        $report = & $program doctor --config $Config --json | Out-String | ConvertFrom-Json
        $bad = @($report.findings | Where-Object { $_.check -eq 'service' -and -not $_.ok } | ForEach-Object { $_.what })
        Demand ($bad.Count -eq 0) ($bad -join '; ')
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
            $since = Get-Date
            foreach ($n in 1, 2) {
                $before = (Get-State $agent).ProcessId
                Stop-Process -Id $before -Force
                Wait-Until 30 { $now = Get-State $agent; $now.State -eq 'Running' -and $now.ProcessId -ne $before } | Out-Null
            }
            # 7031: the name, how often, the delay, the kind of the action, and its name in this language.
            $events = @(Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 7031; StartTime = $since } -MaxEvents 8)
            'actions taken: ' + (($events | ForEach-Object { $_.Properties[3].Value }) -join ', ') + ' (3: the guard)'
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
        Clear-Handles
        Invoke-Sc @('delete', $watchdog) | Out-Null
        Restart-Service $agent
        Clear-Handles
        Wait-Until 120 { $now = Get-State $watchdog; $now -and $now.State -eq 'Running' }
    }
    Check 'a program that ends in the loader is seen by the service manager' {
        # What no documentation says: does recovery fire when a process ends before it has connected?
        $image = (Get-State $agent).PathName.Split('"')[1]
        Without-Watchdog {
            Stop-Service $agent
            Move-Item $image "$image.acceptance"
            try {
                [IO.File]::WriteAllBytes($image, [byte[]](0x4d, 0x5a))
                $failed = $false
                try { Start-Service $agent } catch { $failed = $true }
                Demand $failed 'a damaged program was started'
            } finally {
                Move-Item "$image.acceptance" $image -Force
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
    $readable = Join-Path $env:PUBLIC 'libupdate-acceptance.toml'
    try {
        # A new account is in no group, and without this one may not log on. S-1-5-32-545: Users, whatever they are called here.
        Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $name
        $credential = New-Object pscredential "$env:COMPUTERNAME\$name", $secure
        $asUser = {
            param([string]$Command)
            $process = Start-Process powershell -Credential $credential -WorkingDirectory $env:PUBLIC -Wait -PassThru `
                -WindowStyle Hidden -ArgumentList '-NoProfile', '-Command', "$Command; exit `$LASTEXITCODE"
            $process.ExitCode
        }
        Check 'a plain user can run a program at all, so that the checks below mean something' {
            Demand ((& $asUser 'Get-ChildItem $env:PUBLIC -ErrorAction Stop | Out-Null; $LASTEXITCODE = 0') -eq 0) 'cannot'
            Demand ((& $asUser 'Get-ChildItem Q:\nowhere -ErrorAction Stop; $LASTEXITCODE = 0') -ne 0) 'its failures are not seen'
        }
        foreach ($service in $agent, $watchdog) {
            Check "a plain user can neither stop nor change $service" {
                Demand ((& $asUser "sc.exe stop $service") -ne 0) 'stopped it'
                Demand ((& $asUser "sc.exe config $service start= disabled") -ne 0) 'disabled it'
                Demand ((& $asUser "sc.exe config $service binPath= c:\windows\notepad.exe") -ne 0) 'changed its program'
            }
        }
        $state = Get-Setting 'state_dir'
        Check 'a plain user cannot read the state folder' {
            Demand ((& $asUser "Get-ChildItem '$state' -ErrorAction Stop; `$LASTEXITCODE = 0") -ne 0) 'read it'
        }
        Check 'a plain user cannot write beside the programs' {
            $folder = Split-Path ((Get-State $agent).PathName.Split('"')[1])
            Demand ((& $asUser "Set-Content '$folder\planted.dll' x -ErrorAction Stop; `$LASTEXITCODE = 0") -ne 0) 'wrote it'
        }
        # He cannot read the configuration, and needs it to find the pipe.
        (Get-Content $Config -Raw).Replace('${config_dir}', (Split-Path $Config)) | Set-Content $readable
        $program = Join-Path (Split-Path ((Get-State $agent).PathName.Split('"')[1])) 'updatectl.exe'
        Check 'a plain user may ask the watchdog for the status over the pipe' {
            Demand ((& $asUser "& '$program' status --config '$readable'") -eq 0) 'is refused'
        }
        Check 'a plain user may not have the agent restarted over the pipe' {
            $before = (Get-State $agent).ProcessId
            Demand ((& $asUser "& '$program' restart --config '$readable'") -ne 0) 'was not refused'
            Demand ((Get-State $agent).ProcessId -eq $before) 'restarted the agent'
        }
    } finally {
        Remove-Item $readable -ErrorAction SilentlyContinue
        Remove-LocalUser $name
    }
}

function Test-Facts {
    Check 'version, server and agent stand in the registry' {
        $facts = Get-ItemProperty "HKLM:\SOFTWARE\$Product"
        Demand ($facts.Version -and $facts.ServerUrl) 'they are missing'
        "$($facts.Version), $($facts.ServerUrl)"
    }
    Check 'the agent writes into the event log, with readable texts' {
        $entry = Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = $agent } -MaxEvents 1
        # Without its source there is no text at all, or one of Windows about the missing description.
        Demand ($entry.Message -and $entry.Message.Trim() -eq "$($entry.Properties[0].Value)".Trim()) "its text is: $($entry.Message)"
    }
    Check 'the key lies sealed' {
        $key = Get-Setting 'key_file'
        if (-not $key -or -not (Test-Path $key)) { return 'no key is configured' }
        Demand ((Get-Content $key -TotalCount 1).StartsWith('dpapi:')) 'it is readable'
    }
}

# Each state across one reboot: agent running, watchdog stopped by an administrator. After a reboot both start again, since a
# stop is forgotten with the boot; a disabled one does not.
#
# And what is asked of Windows before the name of a running program is empty for a moment: `.old` gets the name at the next
# start if nothing has it, and otherwise stays.
$aside = Join-Path $env:ProgramData "$Product-acceptance"
function Get-Boot { "$((Get-CimInstance Win32_OperatingSystem).LastBootUpTime.Ticks)" }
function Set-BeforeReboot {
    Stop-Service $watchdog
    $windows = Add-Type -PassThru -Namespace Acceptance -Name Files -MemberDefinition @'
[System.Runtime.InteropServices.DllImport("kernel32.dll", CharSet = System.Runtime.InteropServices.CharSet.Unicode, SetLastError = true)]
public static extern bool MoveFileEx(string from, string to, int flags);
'@
    Set-Content "$aside-empty.old" 'old'
    Set-Content "$aside-taken.old" 'old'
    foreach ($name in 'empty', 'taken') {
        Demand ($windows::MoveFileEx("$aside-$name.old", "$aside-$name", 4)) 'MOVEFILE_DELAY_UNTIL_REBOOT is refused'
    }
    Set-Content "$aside-taken" 'new'
    @{ Agent = (Get-State $agent).ProcessId; Boot = Get-Boot } | ConvertTo-Json | Set-Content $noteFile
    Write-Host 'Now reboot, wait three minutes (the services start delayed), and run -Phase AfterReboot.'
}
function Test-AfterReboot {
    $before = Get-Content $noteFile -Raw | ConvertFrom-Json
    Check 'the machine was rebooted' {
        Demand ("$($before.Boot)" -ne (Get-Boot)) 'it was not'
    }
    Check 'the agent runs after the reboot' { Wait-Until 240 { (Get-State $agent).State -eq 'Running' } }
    Check 'the watchdog runs after the reboot' { Wait-Until 240 { (Get-State $watchdog).State -eq 'Running' } }
    Check 'Windows put back what stepped aside, where nothing had taken the name' {
        Demand (Test-Path "$aside-empty") 'it did not'
        Demand ((Get-Content "$aside-taken") -eq 'new') 'it overwrote what had taken the name'
    }
    Remove-Item $noteFile
    Remove-Item "$aside-*" -ErrorAction SilentlyContinue
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
